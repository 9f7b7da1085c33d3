import type { JsonObject } from '../../render/json.ts';
import type { BootstrapAddress } from './bootstrap-address.ts';

/** So that a datagram is not cut up on an Ethernet. */
const DATAGRAM_BYTES = 1_432;

/** Sends all of an Envoy's metrics with their tags, as DogStatsD has them, to an address (no name: Envoy does not resolve it). */
export const statsdSink = ({ host, port }: BootstrapAddress): JsonObject => ({
  name: 'envoy.stat_sinks.dog_statsd',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.config.metrics.v3.DogStatsdSink',
    address: { socketAddress: { protocol: 'UDP', address: host, portValue: port } },
    maxBytesPerDatagram: String(DATAGRAM_BYTES),
  },
});

/** What every metric of an Envoy says of it. Two Envoys behind one exporter differ by `node`: gauges would overwrite each other. */
export type FixedTags = Readonly<Record<'stage' | 'service' | 'cluster' | 'node' | 'zone', string | undefined>>;

export const fixedTags = (tags: FixedTags): JsonObject[] =>
  Object.entries(tags).flatMap(([tagName, fixedValue]) => (fixedValue === undefined ? [] : [{ tagName, fixedValue }]));

/** DogStatsD knows no escape: these end a tag, its value or the whole metric. */
const ENDS_A_TAG = /[,|\n]/;

/** The tag whose value would not arrive as it is. */
export const unsendableTag = (tags: FixedTags): string | undefined =>
  Object.entries(tags).find(([, value]) => value !== undefined && ENDS_A_TAG.test(value))?.[0];
