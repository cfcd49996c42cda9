import type { AuditQuery } from './api-client.ts';
import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import { auditInWords } from './words/audit.ts';

export async function listAudit(
  { client, terminal }: Session,
  { limit, ...query }: AuditQuery & { limit: number },
): Promise<Outcome> {
  const page = await client.audit(limit, query);
  const asked = Object.keys(query).length > 0;
  printPage(
    terminal,
    page,
    limit,
    asked ? 'Nothing of that kind was changed.' : 'Nothing was changed yet.',
    auditInWords,
  );
  return 'done';
}
