/** A family of metrics; names and labels are the code's own, values may come from outside. */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly samples: readonly Sample[];
};
type Labels = Readonly<Record<string, string>>;
export type Sample = {
  /** Samples that have the same ones may share the object: it is written once. */
  readonly labels?: Labels;
  readonly value: number;
  /** Of a histogram: which part of it. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
  /** Of a bucket: its upper bound, a label beside the others. */
  readonly le?: string;
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
  [...metricPieces(families, false)].join('');

/**
 * The same as OpenMetrics, with exemplars. Throws also on a counter whose name does not end in `_total`.
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export const openMetricsText = (families: readonly MetricFamily[]): string =>
  [...metricPieces(families, true)].join('');

/** Samples in one piece. */
const PIECE = 256;

/** What these two are put together of, piece by piece: a fleet has so many samples that who serves it takes them in turns. */
export function* metricPieces(families: readonly MetricFamily[], isOpen: boolean): Generator<string> {
  const written = new Map<Labels, string>();
  for (const family of families) if (family.samples.length > 0) yield* familyPieces(family, isOpen, written);
  if (isOpen) yield '# EOF\n';
}

function* familyPieces(
  { name, help, type, samples }: MetricFamily,
  isOpen: boolean,
  written: Map<Labels, string>,
): Generator<string> {
  if (!METRIC_NAME.test(name)) throw new Error(`${name} is no name of a metric`);
  const named = isOpen && type === 'counter' ? withoutTotal(name) : name;
  yield `# HELP ${named} ${escaped(help, isOpen)}\n# TYPE ${named} ${type}\n`;
  const seen = new Set<string>();
  for (let at = 0; at < samples.length; at += PIECE) {
    let piece = '';
    for (const { labels = NONE, value, suffix = '', le, exemplar } of samples.slice(at, at + PIECE)) {
      const known = written.get(labels) ?? pairsOf(name, labels);
      written.set(labels, known);
      const text = `${name}${suffix}${braced(le === undefined ? known : `${known}${known && ','}le="${le}"`)}`;
      if (seen.has(text)) throw new Error(`${text} is there twice`);
      seen.add(text);
      const traced =
        isOpen && exemplar
          ? ` # ${braced(pairsOf(name, exemplar.labels))} ${numberText(exemplar.value)} ${exemplar.atEpochMs / 1_000}`
          : '';
      piece += `${text} ${numberText(value)}${traced}\n`;
    }
    yield piece;
  }
}

function withoutTotal(name: string): string {
  if (!name.endsWith('_total')) throw new Error(`${name}: the name of a counter ends in _total`);
  return name.slice(0, -'_total'.length);
}

const NONE: Labels = {};

/** Names of labels are the code's own, and few. */
const knownLabels = new Set<string>();

function pairsOf(name: string, labels: Labels): string {
  let pairs = '';
  for (const [label, value] of Object.entries(labels)) {
    if (!knownLabels.has(label)) {
      if (!LABEL_NAME.test(label)) throw new Error(`${name}: ${label} is no name of a label`);
      knownLabels.add(label);
    }
    pairs += `${pairs === '' ? '' : ','}${label}="${escaped(value, true)}"`;
  }
  return pairs;
}

const braced = (pairs: string): string => (pairs === '' ? '' : `{${pairs}}`);

/** What is not in this stands as it is: nearly every value, and there are many. */
const ESCAPED = /[\\\n"\ud800-\udfff]/;

/** What is no valid UTF-16 is no valid UTF-8 either. */
function escaped(text: string, isQuoted: boolean): string {
  if (!ESCAPED.test(text)) return text;
  const plain = text.toWellFormed().replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return isQuoted ? plain.replaceAll('"', String.raw`\"`) : plain;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
