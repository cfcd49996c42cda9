import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { cliDocs } from '../../scripts/cli-docs.ts';
import { ATTEMPT_OUTCOMES, DELIVERY_STATES, DeliveryView } from '../../src/model/delivery.ts';
import { DEFAULT_RETRY_DELAYS } from '../../src/model/receiver.ts';

async function written(file: string): Promise<string> {
  return readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
}

test('docs/cli.md is what `npm run docs` makes of the program', async () => {
  expect(await written('cli.md')).toBe(cliDocs());
});

test('docs/webhooks.md names every state, reason and outcome, and the retry schedule as it is', async () => {
  const page = await written('webhooks.md');
  const reasons = DeliveryView.shape.skippedBecause.unwrap().options;
  const words = [...DELIVERY_STATES, ...reasons, ...ATTEMPT_OUTCOMES];
  expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
  const [first, ...later] = DEFAULT_RETRY_DELAYS.map(inWords);
  expect(first).toBe('0 s');
  const schedule = `at once, and then ${later.slice(0, -1).join(', ')} and ${later.at(-1)} after`;
  expect(page.replaceAll('\n', ' ')).toContain(schedule);
});

function inWords(seconds: number): string {
  if (seconds >= 3_600) return `${seconds / 3_600} h`;
  return seconds >= 60 ? `${seconds / 60} min` : `${seconds} s`;
}
