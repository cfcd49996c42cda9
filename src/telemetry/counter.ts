import { Counter, type Registry } from 'prom-client';

interface Counted<Label extends string> {
  name: string;
  help: string;
  label: Label;
  /** Known beforehand: each begins at 0, so that the first time that it happens is seen as an increase. */
  values: readonly string[];
}

/** A counter by one label. */
export function countBy<Label extends string>(
  registry: Registry,
  { name, help, label, values }: Counted<Label>,
): (value: string, number?: number) => void {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  const count = (value: string, number = 1) => counter.labels(value).inc(number);
  for (const value of values) count(value, 0);
  return count;
}
