/** A family of metrics; names and labels are the code's own, values may come from outside. */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly samples: readonly Sample[];
};
export type Sample = {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram: which part of it. Its buckets have the label `le`. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
  /** Shown in OpenMetrics alone. */
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly atEpochMs: number;
  };
};

export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_TEXT = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

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
    .map((family) => familyText(family, false))
    .join('');

/**
 * The same as OpenMetrics, with exemplars. Throws also on a counter whose name does not end in `_total`.
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export const openMetricsText = (families: readonly MetricFamily[]): string =>
  `${families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => familyText(family, true))
    .join('')}# EOF\n`;

function familyText({ name, help, type, samples }: MetricFamily, isOpen: boolean): string {
  if (!METRIC_NAME.test(name)) throw new Error(`${name} is no name of a metric`);
  const named = isOpen && type === 'counter' ? withoutTotal(name) : name;
  const seen = new Set<string>();
  const lines = samples.map(({ labels = {}, value, suffix = '', exemplar }) => {
    const text = `${name}${suffix}${labelText(name, labels)}`;
    if (seen.has(text)) throw new Error(`${text} is there twice`);
    seen.add(text);
    const traced =
      isOpen && exemplar
        ? ` # ${labelText(name, exemplar.labels)} ${numberText(exemplar.value)} ${exemplar.atEpochMs / 1_000}`
        : '';
    return `${text} ${numberText(value)}${traced}\n`;
  });
  return `# HELP ${named} ${escaped(help, isOpen)}\n# TYPE ${named} ${type}\n${lines.join('')}`;
}

function withoutTotal(name: string): string {
  if (!name.endsWith('_total')) throw new Error(`${name}: the name of a counter ends in _total`);
  return name.slice(0, -'_total'.length);
}

function labelText(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    if (!LABEL_NAME.test(label)) throw new Error(`${name}: ${label} is no name of a label`);
    return `${label}="${escaped(value, true)}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What is no valid UTF-16 is no valid UTF-8 either. */
function escaped(text: string, isQuoted: boolean): string {
  const plain = text.toWellFormed().replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return isQuoted ? plain.replaceAll('"', String.raw`\"`) : plain;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
