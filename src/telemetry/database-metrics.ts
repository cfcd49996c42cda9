import { Gauge, type Registry } from 'prom-client';
import type { Standing, Waiting } from '../store/standing.ts';
import { Latest } from './latest.ts';

interface Shown {
  name: string;
  help: string;
  /** Null where there is nothing to show. */
  of(standing: Standing): number | null;
}

interface ShownByLabel {
  name: string;
  help: string;
  label: 'state' | 'kind';
  of(standing: Standing): Record<string, number>;
}

/** What the database says of the whole of Sitrep. */
const NUMBERS: Shown[] = [
  {
    name: 'sitrep_current_version',
    help: 'The version of the current sitrep; 0 before the first one.',
    of: ({ head }) => head?.version ?? 0,
  },
  {
    name: 'sitrep_current_age_seconds',
    help: 'How long the current sitrep has been current.',
    of: ({ head }) => head?.ageSeconds ?? null,
  },
  {
    name: 'sitrep_versions_kept',
    help: 'Versions in history.',
    of: ({ head }) => head?.versionsKept ?? 0,
  },
  {
    name: 'sitrep_alerts_undispatched',
    help: 'Alerts that no receiver has been told of yet; counted up to 10,000.',
    of: ({ undispatched }) => undispatched.count,
  },
  {
    name: 'sitrep_alert_undispatched_oldest_age_seconds',
    help: 'The age of the oldest of these; 0 without any.',
    of: ({ undispatched }) => ageOf(undispatched),
  },
  {
    name: 'sitrep_deliveries_pending',
    help: 'Deliveries that have not ended; counted up to 10,000.',
    of: ({ pending }) => pending.count,
  },
  {
    name: 'sitrep_delivery_pending_oldest_age_seconds',
    help: 'The age of the oldest of these; 0 without any.',
    of: ({ pending }) => ageOf(pending),
  },
  {
    name: 'sitrep_delivery_overdue_seconds',
    help: 'For how long an enabled receiver should have been sent something that is due; 0 if nothing is.',
    of: ({ overdueSeconds }) => overdueSeconds,
  },
  {
    name: 'sitrep_ereports_unread',
    help: 'Ereports that no analysis has read yet; counted up to 10,000.',
    of: ({ unread }) => unread.count,
  },
  {
    name: 'sitrep_ereport_unread_oldest_age_seconds',
    help: 'The age of the oldest of these, by the time when it was collected; 0 without any.',
    of: ({ unread }) => ageOf(unread),
  },
  {
    name: 'sitrep_ereports_undecided',
    help: 'Ereports that are read again at the interval, since an engine failed; counted up to 10,000.',
    of: ({ undecided }) => undecided.count,
  },
];

const NUMBERS_BY_LABEL: ShownByLabel[] = [
  {
    name: 'sitrep_sitreps',
    help: 'Sitreps in the database by state; of the newest 10,000.',
    label: 'state',
    of: ({ sitreps }) => sitreps,
  },
  {
    name: 'sitrep_rendezvous_lag_seconds',
    help: 'How long the current sitrep has waited for its alerts to be made, and for its ereports to be marked; 0 once that is done.',
    label: 'kind',
    of: ({ rendezvousLagSeconds }) => rendezvousLagSeconds,
  },
  {
    name: 'sitrep_receivers',
    help: 'Receivers that are enabled, that are enabled and have accepted nothing since a failure, and that are disabled.',
    label: 'state',
    of: ({ receivers }) => receivers,
  },
];

/** Where nothing waits there is no age, and nobody to be alarmed. */
function ageOf({ oldestAgeSeconds }: Waiting): number {
  return oldestAgeSeconds ?? 0;
}

/**
 * Shows what the database says, which is the same in whatever process asks. It is asked at most every ten seconds, however
 * often and by however many it is scraped; and where it doesn't answer, these are missing rather than old.
 */
export function showDatabase(registry: Registry, read: () => Promise<Standing>): void {
  const latest = new Latest(read);
  const registers = [registry];
  new Gauge({
    name: 'sitrep_database_up',
    help: 'Whether Postgres has said how things stand: 1, or 0 when it did not answer in time.',
    registers,
    async collect() {
      this.set((await latest.value()) === null ? 0 : 1);
    },
  });
  for (const { name, help, of } of NUMBERS) {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const standing = await latest.value();
        const number = standing && of(standing);
        if (number === null) this.remove({});
        else this.set(number);
      },
    });
  }
  for (const { name, help, label, of } of NUMBERS_BY_LABEL) {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      async collect() {
        const standing = await latest.value();
        this.reset();
        for (const [value, number] of Object.entries(standing ? of(standing) : {})) {
          this.set({ [label]: value }, number);
        }
      },
    });
  }
}
