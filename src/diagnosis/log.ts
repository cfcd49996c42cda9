import { readable } from './readable.ts';
import type { LogLine, LogValues } from './report.ts';

/** Collects lines for the report. */
export class Log {
  readonly lines: LogLine[] = [];

  add(level: LogLine['level'], event: string, values?: LogValues): void {
    const line = { level, event: readable(event) };
    this.lines.push(values === undefined ? line : { ...line, values: readableValues(values) });
  }
}

function readableValues(values: LogValues): LogValues {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, readableValue(value)]));
}

function readableValue(value: LogValues[string]): LogValues[string] {
  if (typeof value === 'string') return readable(value);
  if (typeof value === 'object' && value !== null) return value.map((one) => readable(one));
  return value;
}
