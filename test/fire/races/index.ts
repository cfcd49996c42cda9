import * as analysis from './analysis.ts';
import * as commit from './commit.ts';
import * as deletion from './delete.ts';
import * as insert from './insert.ts';
import * as markers from './markers.ts';
import * as marking from './marking.ts';
import type { Race } from './race.ts';
import * as read from './read.ts';
import * as rendezvous from './rendezvous.ts';
import * as stalled from './stalled.ts';
import * as submission from './submission.ts';

/** All of them: each file here exports nothing but races. */
export const RACES: Race[] = [
  analysis,
  commit,
  deletion,
  insert,
  markers,
  marking,
  read,
  rendezvous,
  stalled,
  submission,
].flatMap((file) => Object.values(file));
