export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const NUMBER = /^(?:[+-]?(?:Inf|\d+(?:\.\d*)?(?:e[+-]?\d+)?)|nan)$/i;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** What a scrape shows, read as strictly as Prometheus does, so far as we need it. */
export class Scrape {
  readonly samples: Sample[];

  private constructor(samples: Sample[]) {
    this.samples = samples;
  }

  static async of(url: string): Promise<Scrape> {
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`);
    return Scrape.read(text);
  }

  static read(text: string): Scrape {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Scrape(lines.map(sampleOf));
  }

  /** Of several processes, as one query sees them. */
  static together(scrapes: Scrape[]): Scrape {
    return new Scrape(scrapes.flatMap(({ samples }) => samples));
  }

  /** The value of what has these labels at least; undefined where nothing has, and an error where several have. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const found = this.samples.filter((sample) => sample.name === name && has(sample, labels));
    if (found.length > 1)
      throw new Error(`${name} ${JSON.stringify(labels)} is not one: ${JSON.stringify(found)}`);
    return found[0]?.value;
  }

  /** The values of a label, sorted. */
  labelValues(name: string, label: string): string[] {
    const values = this.samples
      .filter((sample) => sample.name === name)
      .map(({ labels }) => labels[label] ?? '');
    return [...new Set(values)].sort();
  }

  names(): string[] {
    return [...new Set(this.samples.map(({ name }) => name))].sort();
  }
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || value === undefined || !NUMBER.test(value)) {
    throw new Error(`Prometheus would refuse this line: ${line}`);
  }
  const pairs = Array.from(labels.matchAll(LABEL), ([, label = '', text = '']) => [label, text] as const);
  return { name, labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) };
}

function has({ labels }: Sample, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}
