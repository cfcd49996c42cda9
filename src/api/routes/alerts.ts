import { z } from 'zod';
import { Id } from '../../model/id.ts';
import { Problem } from '../../model/problem.ts';
import { text } from '../../model/text.ts';
import { AlertView } from '../../model/views.ts';
import { WhyView } from '../../model/why.ts';
import { deleteAlert, listAlerts, readAlert } from '../../store/alert.ts';
import { whyAlert } from '../../store/why.ts';
import { given, paging } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const params = z.strictObject({ id: Id.describe('The id of the alert, which its request gave it.') });

const list = route({
  method: 'GET',
  path: '/v1/alerts',
  needs: 'read',
  tag: 'Alerts',
  summary: 'List alerts, newest first',
  query: z.strictObject({
    class: text(200).optional().describe('Only alerts of this class.'),
    caseId: Id.optional().describe('Only alerts that this case asked for.'),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(AlertView), nextCursor: z.string().nullable() })
        .meta({ id: 'AlertPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listAlerts(pool, given(query)) };
  },
});

const read = route({
  method: 'GET',
  path: '/v1/alerts/{id}',
  needs: 'read',
  tag: 'Alerts',
  summary: 'Read an alert',
  params,
  answers: { 200: { description: 'The alert.', schema: AlertView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id } }) {
    const body = await readAlert(pool, id);
    if (!body) throw noSuchAlert(id);
    return { status: 200, body };
  },
});

const why = route({
  method: 'GET',
  path: '/v1/alerts/{id}/why',
  needs: 'read',
  tag: 'Alerts',
  summary: 'Tell why an alert exists',
  description:
    'From the alert back to its request, the sitrep that first asked, the case, and the ereports of that case. ' +
    'Also for an alert that was deleted, as long as a version in history requests it.',
  params,
  answers: { 200: { description: 'The chain that leads to it.', schema: WhyView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id } }) {
    const body = await whyAlert(pool, id);
    if (body) return { status: 200, body };
    throw new Problem('not-found', `There is no alert ${id}, and no version in history requests it.`);
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/alerts/{id}',
  needs: 'operate',
  tag: 'Alerts',
  summary: 'Delete an alert for good',
  description: 'It does not come back, although the current sitrep may go on requesting it.',
  params,
  answers: { 204: { description: 'It is deleted.' } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id }, by }) {
    if (!(await deleteAlert(pool, id, by))) throw noSuchAlert(id);
    return { status: 204 };
  },
});

function noSuchAlert(id: string): Problem {
  return new Problem('not-found', `There is no alert ${id}: it was never made, or has been deleted.`);
}

export const ALERT_ROUTES: Route[] = [list, read, why, remove];
