import { execFile } from 'node:child_process';
import { z } from 'zod';

// Part of `npm run check`: asks npm's registry what is known to be wrong with the packages that Sitrep runs with, those of
// development left out. Ends with 1 if something of high severity or above is. A registry that can't be asked is no fault
// of the code: then it says so, and ends with 0.

const GRAVE = ['high', 'critical'];
const NO_LONGER_THAN = 60_000;

const Advisory = z.object({
  name: z.string(),
  title: z.string(),
  url: z.string(),
  severity: z.string(),
  range: z.string(),
});
type Advisory = z.output<typeof Advisory>;

/** What `npm audit --json` prints. A `via` that is a string only says which other package brings the advisory. */
const Report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), Advisory])) })),
});
const Refusal = z.object({ message: z.string() });

const said = await audit();
const report = Report.safeParse(said);
if (report.success) judge(advisoriesOf(report.data));
else console.log(`Advisories: npm's registry could not be asked, so this check was skipped: ${whyNot(said)}`);

/** Its exit code is not looked at: it is 1 for advisories, and for no answer as well. */
function audit(): Promise<unknown> {
  const args = ['audit', '--json', '--omit=dev', '--fetch-retries=0', '--fetch-timeout=20000'];
  return new Promise((resolve) => {
    execFile('npm', args, { timeout: NO_LONGER_THAN, maxBuffer: 64 << 20 }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        resolve({ message: error?.message ?? 'npm audit printed no JSON' });
      }
    });
  });
}

function advisoriesOf({ vulnerabilities }: z.output<typeof Report>): Advisory[] {
  const all = Object.values(vulnerabilities).flatMap(({ via }) => via);
  return all.filter((one) => typeof one !== 'string');
}

function judge(advisories: Advisory[]): void {
  const grave = advisories.filter(({ severity }) => GRAVE.includes(severity));
  console.log(`Advisories: ${advisories.length}, of them ${grave.length} of high severity or above.`);
  for (const { severity, name, range, title, url } of advisories) {
    console.log(`  ${severity}: ${name} ${range}: ${title} (${url})`);
  }
  if (grave.length > 0) process.exitCode = 1;
}

function whyNot(answer: unknown): string {
  const refusal = Refusal.safeParse(answer);
  return refusal.success ? refusal.data.message : 'npm audit said nothing that is known here';
}
