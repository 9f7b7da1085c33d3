import { fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { type MetricsMessage, metricsDecoder } from '../../../controlplane/metrics/metric-message.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const schema = messageSchema('envoy.service.metrics.v3.StreamMetricsMessage');
const decode = metricsDecoder((name) => name.startsWith('a'));

type Family = { name: string; metric: { counter?: { value: number }; gauge?: { value: number } }[] };
/** What the library that reads by Envoy’s own descriptors makes of the same bytes. */
function byLibrary(bytes: Uint8Array): MetricsMessage['readings'] {
  const { envoyMetrics } = fromBinary(schema, bytes) as unknown as { envoyMetrics: Family[] };
  return envoyMetrics
    .filter(({ name }) => name.startsWith('a'))
    .flatMap(({ name, metric }) =>
      metric.flatMap(({ counter, gauge }): MetricsMessage['readings'] => {
        if (counter) return [{ kind: 'counter', name, value: counter.value }];
        return gauge ? [{ kind: 'gauge', name, value: gauge.value }] : [];
      }),
    );
}

const value = fc.double({ noNaN: true, noDefaultInfinity: true });
const text = fc.string({ unit: 'grapheme' });
const family = fc.record({
  name: fc.oneof(
    text,
    text.map((rest) => `a${rest}`),
  ),
  help: text,
  metric: fc.array(
    fc.oneof(
      value.map((count) => ({ counter: { value: count } })),
      value.map((level) => ({ gauge: { value: level }, timestampMs: '7' })),
    ),
    { maxLength: 3 },
  ),
});

test('reads what the library reads', () => {
  fc.assert(
    fc.property(fc.array(family, { maxLength: 6 }), (envoyMetrics) => {
      const bytes = toBinary(schema, fromJson(schema, { envoyMetrics }, { registry: newestApiSet().registry }));
      expect(decode(bytes).readings).toEqual(byLibrary(bytes));
    }),
    { numRuns: 200 },
  );
});

test('any bytes are read, or said to be no message; never is there more of them than there are bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(decode(bytes).readings.length).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(String(error)).toMatch(
          /Error: (?:wire type|a field|the message|a number|invalid|premature|illegal|cant|index)/,
        );
      }
    }),
    { numRuns: 2_000 },
  );
});
