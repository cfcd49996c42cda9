import { z } from 'zod';
import { ACTION_NAMES, AuditView } from '../../model/audit.ts';
import { text } from '../../model/text.ts';
import { listAudit } from '../../store/audit.ts';
import { given, paging, time } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const list = route({
  method: 'GET',
  path: '/v1/audit',
  needs: 'operate',
  tag: 'Access',
  summary: 'List what operators and admins have changed, newest first',
  description:
    'Each change is written together with its entry, or not at all. What is sent by reporters is not among them: sitreps and ereports are their own record.',
  query: z.strictObject({
    actor: text(100).optional().describe('Only what was done with the token of this name.'),
    action: z
      .enum(ACTION_NAMES, `must be one of ${ACTION_NAMES.join(', ')}`)
      .optional()
      .describe('Only what was done so.'),
    thing: text(100).optional().describe('Only what was done to this.'),
    since: time('Only what was done at this time or later.').optional(),
    until: time('Only what was done before this time.').optional(),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(AuditView), nextCursor: z.string().nullable() })
        .meta({ id: 'AuditPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listAudit(pool, given(query)) };
  },
});

export const AUDIT_ROUTES: Route[] = [list];
