import { fieldNumber, messageSchema, nodeIn } from '../fleet/message-fields.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { isCount } from './count-of.ts';
import { Fields } from './fields.ts';
import { remembering } from './remembering.ts';

/** One metric of Envoy's, by what it is read for. */
export type Reading =
  | { readonly kind: 'counter'; readonly name: string; readonly value: number }
  /** Counts per bucket (not cumulative), with the upper bound of each. */
  | { readonly kind: 'histogram'; readonly name: string; readonly buckets: readonly Bucket[] }
  | { readonly kind: 'gauge'; readonly name: string; readonly value: number };
export type Bucket = { readonly upTo: number; readonly count: number };

export type MetricsMessage = { readonly node: XdsNode | undefined; readonly readings: readonly Reading[] };

type Label = { readonly name: string; readonly value: string };

/*
 * Field numbers: https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto. Written by hand because each
 * Envoy sends thousands of metrics every few seconds. A test holds them against Envoy's own descriptors.
 */
const FAMILY = { name: 1, metric: 4 } as const;
const METRIC = { label: 1, gauge: 2, counter: 3, histogram: 7 } as const;
const HISTOGRAM = { sampleCount: 1, bucket: 3 } as const;

/** Names that are known to be wanted or not; an Envoy, and a fleet, says the same ones again and again. */
const KNOWN_NAMES = 200_000;
/** No name of Envoy's own is longer; those that are would be remembered, and a message has room for long ones. */
const MAX_NAME = 1_024;

/**
 * Decodes `envoy.service.metrics.v3.StreamMetricsMessage`. An Envoy has thousands of metrics, and a few are wanted: of the others
 * just the name is looked at. Throws on bytes that are no such message.
 */
export function metricsDecoder(wanted: (name: string) => boolean): (bytes: Uint8Array) => MetricsMessage {
  const message = messageSchema('envoy.service.metrics.v3.StreamMetricsMessage');
  const metrics = fieldNumber(message, 'envoy_metrics');
  const identifier = fieldNumber(message, 'identifier');
  const isKnownWanted = remembering(wanted, KNOWN_NAMES);
  const isWanted = (name: string): boolean => name.length <= MAX_NAME && isKnownWanted(name);
  return (bytes) => {
    const readings: Reading[] = [];
    let hasNode = false;
    const fields = new Fields(bytes);
    fields.each(bytes.length, (field) => {
      if (field === metrics) takeFamily(fields, isWanted, readings);
      else if (field === identifier) hasNode = true;
    });
    return { node: hasNode ? nodeIn(message, bytes) : undefined, readings };
  };
}

/** A name comes before what it is the name of. */
function takeFamily(fields: Fields, isWanted: (name: string) => boolean, readings: Reading[]): void {
  let name: string | undefined;
  fields.each(fields.end, (field) => {
    if (field === FAMILY.name) {
      name = fields.text();
      return isWanted(name);
    }
    if (field === FAMILY.metric && name !== undefined) {
      const reading = metricOf(fields, name);
      if (reading) readings.push(reading);
    }
    return true;
  });
}

function metricOf(fields: Fields, family: string): Reading | undefined {
  const labels: Label[] = [];
  let kind: Reading['kind'] | undefined;
  let value = 0;
  let buckets: readonly Bucket[] = [];
  fields.each(fields.end, (field) => {
    if (field === METRIC.label) labels.push(labelOf(fields));
    else if (field === METRIC.gauge || field === METRIC.counter) {
      kind = field === METRIC.gauge ? 'gauge' : 'counter';
      value = 0;
      fields.each(fields.end, (inner) => {
        if (inner === 1) value = fields.double();
      });
    } else if (field === METRIC.histogram) {
      kind = 'histogram';
      buckets = bucketsOf(fields);
    }
  });
  const name = labels.length === 0 ? family : withTags(family, labels);
  if (kind === undefined || name.length > MAX_NAME) return undefined;
  return kind === 'histogram' ? { kind, name, buckets } : { kind, name, value };
}

function labelOf(fields: Fields): Label {
  let name = '';
  let value = '';
  fields.each(fields.end, (field) => {
    if (field === 1) name = fields.text();
    else if (field === 2) value = fields.text();
  });
  return { name, value };
}

/** They are cumulative on the wire; one that is less than the one before, or no count, adds nothing. */
function bucketsOf(fields: Fields): readonly Bucket[] {
  const buckets: Bucket[] = [];
  let below = 0;
  let all = 0;
  fields.each(fields.end, (field) => {
    if (field === HISTOGRAM.sampleCount) all = fields.uint();
    if (field !== HISTOGRAM.bucket) return;
    let upTo = 0;
    let upToThis = 0;
    fields.each(fields.end, (inner) => {
      if (inner === 1) upToThis = fields.uint();
      else if (inner === 2) upTo = fields.double();
    });
    const reached = isCount(upToThis) ? Math.max(below, upToThis) : below;
    buckets.push({ upTo, count: reached - below });
    below = reached;
  });
  return [...buckets, { upTo: Number.POSITIVE_INFINITY, count: isCount(all) ? Math.max(0, all - below) : 0 }];
}

/**
 * With `emit_tags_as_labels` Envoy takes the tags out of the name (`http.downstream_rq_completed`); here they are put back to where
 * they were (`http.web.downstream_rq_completed`).
 */
function withTags(name: string, labels: readonly Label[]): string {
  const tag = (wanted: string): string | undefined => labels.find(({ name: known }) => known === wanted)?.value;
  const [root = '', ...rest] = name.split('.');
  const owner = tag(root === 'cluster' ? 'envoy.cluster_name' : 'envoy.http_conn_manager_prefix');
  const whole = owner === undefined ? name : [root, owner, ...rest].join('.');
  const code = tag('envoy.response_code_class');
  return code === undefined ? whole : whole.replace(/_xx$/, `_${code}xx`);
}
