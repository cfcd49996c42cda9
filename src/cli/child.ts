import { newId } from '../model/id.ts';
import { Failure } from './failure.ts';

/** A document on its way out: it has its id, so that however often it is sent it is one submission. */
export interface Outgoing {
  body: string;
  /** Null where the API will refuse the document anyhow, and say why. */
  id: string | null;
}

/** Gives a document an id if it has none. */
export function withId(document: unknown): Outgoing {
  const sent = isObject(document) && document.id === undefined ? { ...document, id: newId() } : document;
  const id = isObject(sent) && typeof sent.id === 'string' ? sent.id : null;
  return { body: JSON.stringify(sent), id };
}

/** A sitrep that was read and edited, as a new child of what it was when it was read. */
export function asChild(document: unknown, name: string): Outgoing {
  if (!isObject(document) || typeof document.id !== 'string') {
    const detail =
      '--as-child makes a new child of the sitrep that was read, so the document must have its id.';
    throw new Failure({ title: `${name} has no id`, detail });
  }
  return withId({ ...document, id: newId(), parentId: document.id });
}

/** The document as a child of another sitrep (null: as the first one). */
export function childOf(document: unknown, parentId: string | null): Outgoing {
  if (!isObject(document)) return withId(document);
  if (document.id === parentId && parentId !== null) {
    const detail = `The document has the id of the sitrep that it shall be a child of: ${parentId}.`;
    throw new Failure({ title: 'A sitrep cannot be its own parent', detail }, 'Use --as-child instead.');
  }
  return withId({ ...document, parentId });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
