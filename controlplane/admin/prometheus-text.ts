/** A family of metrics; names and labels are the code's own, values may come from outside. */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
};
export type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };

export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The text exposition of Prometheus. A family without samples is left out. Throws on names that Prometheus refuses, and on two samples of
 * one family with the same labels: it would refuse the whole answer.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const prometheusText = (families: readonly MetricFamily[]): string =>
  families
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join('');

function familyText({ name, help, type, samples }: MetricFamily): string {
  if (!METRIC_NAME.test(name)) throw new Error(`${name} is no name of a metric`);
  const seen = new Set<string>();
  const lines = samples.map(({ labels = {}, value }) => {
    const text = labelText(name, labels);
    if (seen.has(text)) throw new Error(`${name}${text} is there twice`);
    seen.add(text);
    return `${name}${text} ${numberText(value)}\n`;
  });
  return `# HELP ${name} ${escaped(help, false)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    if (!LABEL_NAME.test(label)) throw new Error(`${name}: ${label} is no name of a label`);
    return `${label}="${escaped(value, true)}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What is no valid UTF-16 is no valid UTF-8 either. */
function escaped(text: string, isLabel: boolean): string {
  const plain = text.toWellFormed().replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return isLabel ? plain.replaceAll('"', String.raw`\"`) : plain;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
