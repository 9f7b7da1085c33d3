import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { decodeAs, eachMessage, fieldNumber, messageSchema, nodeIn } from '../fleet/message-fields.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';

/** One metric of Envoy's, by what it is read for. */
export type Reading =
  | { readonly kind: 'counter'; readonly name: string; readonly value: number }
  /** Counts per bucket (not cumulative), with the upper bound of each. */
  | { readonly kind: 'histogram'; readonly name: string; readonly buckets: readonly Bucket[] }
  | { readonly kind: 'gauge'; readonly name: string; readonly value: number };
export type Bucket = { readonly upTo: number; readonly count: number };

export type MetricsMessage = { readonly node: XdsNode | undefined; readonly readings: readonly Reading[] };

type Family = {
  readonly name: string;
  readonly metric: readonly {
    readonly label: readonly { readonly name: string; readonly value: string }[];
    readonly counter?: { readonly value: number };
    readonly gauge?: { readonly value: number };
    readonly histogram?: {
      readonly sampleCount: bigint;
      readonly bucket: readonly { readonly cumulativeCount: bigint; readonly upperBound: number }[];
    };
  }[];
};

/**
 * Decodes `envoy.service.metrics.v3.StreamMetricsMessage`. An Envoy has thousands of metrics, and a few are wanted: of the others
 * just the name is looked at. Throws on bytes that are no such message.
 */
export function metricsDecoder(wanted: (name: string) => boolean): (bytes: Uint8Array) => MetricsMessage {
  const message = messageSchema('envoy.service.metrics.v3.StreamMetricsMessage');
  const metrics = fieldNumber(message, 'envoy_metrics');
  const family = messageSchema('io.prometheus.client.MetricFamily');
  const familyName = fieldNumber(family, 'name');
  return (bytes) => {
    const readings: Reading[] = [];
    eachMessage(bytes, (field, part) => {
      if (field === metrics && wanted(nameIn(part, familyName)))
        readings.push(...readingsOf(decodeAs<Family>(family, part)));
    });
    return { node: nodeIn(message, bytes), readings };
  };
}

function nameIn(family: Uint8Array, nameField: number): string {
  const reader = new BinaryReader(family);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === nameField && wireType === WireType.LengthDelimited) return reader.string();
    reader.skip(wireType, field);
  }
  return '';
}

function readingsOf({ name, metric }: Family): Reading[] {
  return metric.flatMap(({ label, counter, gauge, histogram }): Reading[] => {
    const full = label.length === 0 ? name : withTags(name, label);
    if (counter) return [{ kind: 'counter', name: full, value: counter.value }];
    if (gauge) return [{ kind: 'gauge', name: full, value: gauge.value }];
    if (!histogram) return [];
    let below = 0;
    const buckets = histogram.bucket.map(({ cumulativeCount, upperBound }) => {
      const count = Number(cumulativeCount) - below;
      below = Number(cumulativeCount);
      return { upTo: upperBound, count };
    });
    const above = Number(histogram.sampleCount) - below;
    return [{ kind: 'histogram', name: full, buckets: [...buckets, { upTo: Number.POSITIVE_INFINITY, count: above }] }];
  });
}

/**
 * With `emit_tags_as_labels` Envoy takes the tags out of the name (`http.downstream_rq_completed`); here they are put back to where
 * they were (`http.web.downstream_rq_completed`).
 */
function withTags(name: string, labels: readonly { readonly name: string; readonly value: string }[]): string {
  const tag = (wanted: string): string | undefined => labels.find(({ name: known }) => known === wanted)?.value;
  const [root = '', ...rest] = name.split('.');
  const owner = tag(root === 'cluster' ? 'envoy.cluster_name' : 'envoy.http_conn_manager_prefix');
  const whole = owner === undefined ? name : [root, owner, ...rest].join('.');
  const code = tag('envoy.response_code_class');
  return code === undefined ? whole : whole.replace(/_xx$/, `_${code}xx`);
}
