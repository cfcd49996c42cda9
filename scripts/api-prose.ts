import first from '../examples/sitreps/1-psu-removed.json' with { type: 'json' };
import {
  DEFAULT_PAGE,
  MAX_FAULTS,
  MAX_PAGE,
  MAX_PAYLOAD_BYTES,
  MAX_PAYLOAD_DEPTH,
} from '../src/model/limits.ts';
import { Problem } from '../src/model/problem.ts';
import { Settings } from '../src/model/settings.ts';
import { DECISION_TIME } from '../src/temporal/lifecycle-start.ts';

// What no table of the server says; the numbers in it come from where the server has them.

const { SITREP_URL, SITREP_MAX_BODY } = Settings.parse({});
const PROBLEM = new Problem('invalid-sitrep', 'The document has 1 fault.', {
  faults: [{ pointer: '/creator', detail: 'is required' }],
});

export const INTRODUCTION = `<!-- Made by \`npm run docs\`; edit src/api/routes, src/model and scripts/api-prose.ts instead. -->

# The HTTP API

All that the \`sitrep\` command does, a program can do over HTTP. This page is for whoever writes one. The full
schemas are at \`/openapi.json\` (OpenAPI 3.1), and for people at \`/reference\`; every running Sitrep serves both.

The service listens on \`${SITREP_URL}\` unless \`SITREP_LISTEN\` says otherwise. Requests show a token
(\`Authorization: Bearer sitrep_…\`), which has one role; [access.md](access.md) tells how to get one. Where
authentication is off (\`SITREP_AUTH\`), only programs on the same machine reach the service, by \`localhost\` or an IP
address; pages of other sites are refused.

- **Bodies** are JSON in UTF-8, sent as \`application/json\` (ereports may come as NDJSON, too), with names in
  camelCase, of at most ${SITREP_MAX_BODY} bytes (\`SITREP_MAX_BODY\`). A field or query parameter that the service
  doesn't know is refused, and so are a name that an object has twice, and a number that no double holds: send it as a
  string.
- **Ids** are UUIDs of any version. Answers have them in lower case.
- **Times** are RFC 3339; those that the service sets are in UTC, to the microsecond.
- **Lists** come newest first, in pages \`{items, nextCursor}\` of \`?limit=\` items (${DEFAULT_PAGE} unless you say, at
  most ${MAX_PAGE}). Send \`nextCursor\` as \`?cursor=\` for the next page, until it is null. Cursors don't expire.
- **HEAD** is answered wherever GET is.
- **Errors** are problem documents (RFC 9457, \`application/problem+json\`). Decide by \`type\`, which never changes;
  \`title\` and \`detail\` are for people. \`faults\` names up to ${MAX_FAULTS} faults, each with its JSON pointer:

${json(PROBLEM.toDocument())}

## Submitting

With a Sitrep that runs and has no history yet, in a checkout:

\`\`\`sh
curl -i ${SITREP_URL}/v1/sitreps \\
  -H "Authorization: Bearer $(cat .sitrep/token)" \\
  -H 'Content-Type: application/json' \\
  --data-binary @examples/sitreps/1-psu-removed.json
\`\`\`

The answer is 201, with a \`Location\` where the sitrep can be read, and what has become of it:

${json({ id: first.id, state: 'current', version: 1 })}

**The same document under the same id is one submission**, however often it is sent: again it is answered 200, with
what has become of it by then, and makes nothing twice. The order of what is in it, defaults, and what the service
adds make no difference. So give a document its \`id\` before you first send it: without one it gets a new id, and is
another sitrep, every time.

## Trying again

- **No answer, 408, 429 or 503**: send the same again, after the seconds that \`Retry-After\` says, then with longer and
  longer pauses. Give a submission more than ${DECISION_TIME / 1000} s before you take it for unanswered.
- **202**: it is not decided yet. Read what \`Location\` names, or send the same again.
- **409 \`parent-not-current\`**: another sitrep was faster; \`current\` in the problem names it. Read it, decide anew,
  and submit what you decided as its child, under a new id.
- **409 \`sitrep-gone\`**: send the same again.
- **409 \`configuration-changed\`**: somebody set another one; \`version\` in the problem is the newest. Read it, and decide
  anew. The same that is in force already is answered 200, so after a lost answer send it again.
- **401, 403**: show a token that is taken, with one of the \`roles\` that the problem names.
- **Any other 4xx**: change the request; as it is it will be refused again.
- **500**: the service is at fault; its log says more under the \`requestId\` of the problem.

Ereports may be sent again at any time, a whole batch too when nobody knows how much of it has arrived: what has is known.
Deleting may be repeated as well: the second time is answered 404. A receiver is made once under its name: where the
answer with its secret was lost, a second try is answered 409 \`receiver-name-taken\`; then give it a new secret by
\`POST /v1/receivers/{id}/secrets\`.

What receivers are sent, and how they verify it, is told in [webhooks.md](webhooks.md).
`;

/** Opens the section about the document that is submitted. */
export const DOCUMENT = `A sitrep is all that is believed at one moment: what it leaves out is no longer believed. So read the current one,
edit it, make its id the \`parentId\`, and give it a new \`id\`. What the service has added may stay in it: \`state\` and
its like, and the bodies of ereports, are ignored; \`createdSitrepId\`, \`closedSitrepId\`, \`assignedSitrepId\` and
\`requestedSitrepId\` follow from the parent, so leave them as they were read, or out.

- A case says that something is wrong; \`engine\` is the diagnosis that found it. Once closed it stays closed.
- An ereport is named by \`restartId\` and \`ena\`, an unsigned 64-bit number as a string (\`0x…\` or decimal), whether
  the service has it or not.
- Each alert request causes exactly one alert once the sitrep is current, and the alert has the id of the request. One
  that is carried on keeps its id, class, version, payload and case; a new one needs an id that was never used.
- A payload has at most ${MAX_PAYLOAD_BYTES} bytes as JSON, with its numbers written out as they are kept (\`1e3\` as 1000),
  and ${MAX_PAYLOAD_DEPTH} levels. What is in it depends on the class and version of the alert, see
  [Alert classes](#alert-classes).
`;

function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}
