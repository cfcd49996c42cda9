import type { Arrival } from '../inbox.ts';
import { indented, onOneLine, printable, type Style } from './style.ts';

/** What came in, on one line; the message below it where it is wanted, and known to be ours. */
export function arrivalInWords(arrival: Arrival, withMessage: boolean, { paint }: Style): string {
  const heading = `${arrival.time.slice(11, 19)} UTC`;
  if (!arrival.verified) {
    const from = arrival.webhookId === '' ? '' : `${onOneLine(arrival.webhookId)}  `;
    return `${heading}  ${paint('red', 'refused')}   ${from}${onOneLine(arrival.fault)}`;
  }
  const { message, repeats, webhookId } = arrival;
  const known = repeats === 0 ? paint('green', 'verified') : paint('yellow', 'repeated');
  const version = message.version === undefined ? '' : ` v${message.version}`;
  const line = `${heading}  ${known}  ${onOneLine(webhookId)}  ${onOneLine(message.type)}${version}`;
  if (!withMessage) return line;
  return `${line}\n  ${indented(printable(JSON.stringify(message, null, 2)), '  ')}`;
}
