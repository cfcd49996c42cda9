import { submissionOf } from '../../support/document.ts';
import { type Draft, draw } from '../model/draft.ts';
import { idOf } from '../model/ids.ts';
import { derive, faultsOf } from '../model/lineage.ts';
import type { Sitrep } from '../model/world.ts';

/** A document that the storm has sent, and the sitrep that it is wherever it gets in. */
export interface Sent {
  submission: ReturnType<typeof submissionOf>;
  sitrep: Sitrep;
  /** What is wrong with it while its parent is the head. */
  faults: string[];
}

/** How far an alert's id has come: what was written, by the answers that were given for it. */
interface AlertAccount {
  deleted: number;
  markersCollected: number;
}

/**
 * What the hands of a storm were answered. Which of them wins a race nobody can say before; but what they were
 * answered must fit together, and fit with what is there in the end.
 */
export class Ledger {
  readonly sent: Sent[] = [];
  readonly #byId = new Map<string, Sent>();
  readonly versions = new Map<string, number>();
  readonly #winners = new Map<number, string>();
  readonly #lost = new Set<string>();
  readonly released: string[] = [];
  readonly accounts = new Map<string, AlertAccount>();
  alertsMade = 0;
  /** The highest version that was answered. */
  highest = 0;

  /** The newest that was said to be current. */
  get newest(): Sitrep | null {
    const id = this.#winners.get(this.highest);
    return id === undefined ? null : this.sitrep(id);
  }

  sitrep(id: string): Sitrep {
    return this.#sent(id).sitrep;
  }

  #sent(id: string): Sent {
    const found = this.#byId.get(id);
    if (!found) throw new Error(`Nobody sent a sitrep ${id}.`);
    return found;
  }

  /** A new document below what was current a moment ago. */
  write(parent: Sitrep | null, draft: Draft): Sent {
    const id = idOf('sitrep', this.sent.length + 1);
    const submission = submissionOf(draw(id, parent?.id ?? null, parent, draft));
    const sent = {
      submission,
      sitrep: derive(submission.document, submission.digest, parent),
      faults: faultsOf(submission, parent),
    };
    this.sent.push(sent);
    this.#byId.set(id, sent);
    return sent;
  }

  won(id: string, version: number): void {
    if (this.#sent(id).faults.length > 0)
      throw new Error(`[I18] ${id} contradicts its parent, and is current.`);
    if (this.#lost.has(id)) throw new Error(`[I5] ${id} had lost, and is version ${version}.`);
    const before = this.versions.get(id) ?? version;
    if (before !== version) throw new Error(`[I8] ${id} was version ${before}, and is ${version}.`);
    const winner = this.#winners.get(version) ?? id;
    if (winner !== id) throw new Error(`[I5] version ${version} is both ${winner} and ${id}.`);
    this.versions.set(id, version);
    this.#winners.set(version, id);
    this.highest = Math.max(this.highest, version);
  }

  lost(id: string): void {
    if (this.versions.has(id))
      throw new Error(`[I8] ${id} had become current, and is answered that it lost.`);
    this.#lost.add(id);
  }

  account(alertId: string): AlertAccount {
    const account = this.accounts.get(alertId) ?? { deleted: 0, markersCollected: 0 };
    this.accounts.set(alertId, account);
    return account;
  }
}
