import { create, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { metricsDecoder, type Reading } from '../../../controlplane/metrics/metric-message.ts';
import { isTrafficMetric, TrafficOfMetrics } from '../../../controlplane/metrics/traffic-of-metrics.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const schema = messageSchema('envoy.service.metrics.v3.StreamMetricsMessage');
const encode = (json: JsonObject): Uint8Array =>
  toBinary(schema, fromJson(schema, json, { registry: newestApiSet().registry }));
const counter = (name: string, value: number): Reading => ({ kind: 'counter', name, value });
const uptime = (value: number): Reading => ({ kind: 'gauge', name: 'server.uptime', value });

test('what Envoy’s own descriptors write is read, and of what is not wanted only the name', () => {
  const decode = metricsDecoder(isTrafficMetric);
  const message = decode(
    encode({
      identifier: {
        node: {
          id: 'edge-1',
          cluster: 'shop',
          userAgentBuildVersion: { version: { majorNumber: 1, minorNumber: 38 } },
        },
      },
      envoyMetrics: [
        { name: 'http.web.downstream_rq_completed', type: 'COUNTER', metric: [{ counter: { value: 7 } }] },
        { name: 'cluster.shop.upstream_cx_total', type: 'COUNTER', metric: [{ counter: { value: 9 } }] },
        {
          name: 'http.web.downstream_rq_time',
          type: 'HISTOGRAM',
          metric: [
            {
              histogram: {
                sampleCount: '5',
                bucket: [
                  { upperBound: 1, cumulativeCount: '2' },
                  { upperBound: 5, cumulativeCount: '4' },
                ],
              },
            },
          ],
        },
        {
          name: 'http.downstream_rq_xx',
          metric: [
            {
              counter: { value: 3 },
              label: [
                { name: 'envoy.http_conn_manager_prefix', value: 'web' },
                { name: 'envoy.response_code_class', value: '5' },
              ],
            },
          ],
        },
        {
          name: 'cluster.lb_healthy_panic',
          metric: [{ counter: { value: 2 }, label: [{ name: 'envoy.cluster_name', value: 'a.b' }] }],
        },
      ],
    }),
  );
  expect(message.node).toMatchObject({ id: 'edge-1', cluster: 'shop', version: '1.38.0' });
  expect(message.readings).toEqual([
    counter('http.web.downstream_rq_completed', 7),
    {
      kind: 'histogram',
      name: 'http.web.downstream_rq_time',
      buckets: [
        { upTo: 1, count: 2 },
        { upTo: 5, count: 2 },
        { upTo: Number.POSITIVE_INFINITY, count: 1 },
      ],
    },
    counter('http.web.downstream_rq_5xx', 3),
    counter('cluster.a.b.lb_healthy_panic', 2),
  ]);
  const bucket = [
    { upperBound: 1, cumulativeCount: '7' },
    { upperBound: 5, cumulativeCount: '4' },
    { upperBound: 10, cumulativeCount: '18446744073709551615' },
  ];
  const made = { name: 'http.web.downstream_rq_time', metric: [{ histogram: { sampleCount: '9', bucket } }] };
  const [odd] = decode(encode({ envoyMetrics: [made] })).readings;
  expect(odd?.kind === 'histogram' && odd.buckets.map(({ count }) => count)).toEqual([7, 0, 0, 2]);
  const long = `http.${'x'.repeat(5_000)}.downstream_rq_completed`;
  expect(decode(encode({ envoyMetrics: [{ name: long, metric: [{ counter: { value: 1 } }] }] })).readings).toEqual([]);
  expect(decode(toBinary(schema, create(schema)))).toEqual({ node: undefined, readings: [] });
  expect(() => decode(new Uint8Array([10, 200, 1]))).toThrow();
});

describe('counters', () => {
  const requests = 'http.web.downstream_rq_completed';

  test('are totals: an Envoy that has run for long is counted from its second message on, a new one from its first', () => {
    const old = new TrafficOfMetrics();
    expect(old.take([uptime(900), counter(requests, 5_000)]).requests).toBe(0);
    expect(old.take([uptime(905), counter(requests, 5_040)]).requests).toBe(40);
    expect(
      old.take([uptime(910), counter(requests, 5_040), counter('cluster.shop.lb_healthy_panic', 3)]).panicPicks,
    ).toEqual(new Map([['shop', 3]]));
    expect(old.take([counter(requests, 12)]).requests).toBe(12);
    expect(new TrafficOfMetrics().take([uptime(3), counter(requests, 8)]).requests).toBe(8);
  });

  test('of Envoy’s own traffic are nobody’s requests', () => {
    const own = [
      counter('http.admin.downstream_rq_completed', 9),
      counter('http.async-client.downstream_rq_completed', 9),
    ];
    expect(new TrafficOfMetrics().take([uptime(1), ...own]).requests).toBe(0);
  });

  test('of 5xx are found by the clusters that answered them, whatever these are called, and each once', () => {
    const taken = (...clusters: readonly Reading[]): number =>
      new TrafficOfMetrics().take([
        uptime(1),
        counter('http.web.downstream_rq_5xx', 10),
        counter('http.web.rq_direct_response', 1_000),
        ...clusters,
      ]).failures;
    const inner = ['internal', 'zone.eu-1a.eu-1b'].map((scope) => counter(`cluster.shop.${scope}.upstream_rq_5xx`, 8));
    expect(taken(counter('cluster.shop.upstream_rq_5xx', 4), ...inner)).toBe(4);
    for (const name of ['shop.internal', 'canary', 'shop.zone.one'])
      expect(
        taken(counter(`cluster.${name}.upstream_rq_5xx`, 4), counter(`cluster.${name}.upstream_cx_total`, 1)),
      ).toBe(4);
  });

  test('that are no counts add nothing, and spoil nothing', () => {
    const metrics = new TrafficOfMetrics();
    expect(metrics.take([uptime(1), counter(requests, 5)]).requests).toBe(5);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -3, 6.5, 2 ** 60])
      expect(metrics.take([counter(requests, value)]).requests).toBe(0);
    expect(metrics.take([counter(requests, 9)]).requests).toBe(4);
  });

  test.each([
    ['failures that a cluster answered', { answered: 10, upstream: 10 }, 10],
    ['direct responses of 5xx', { answered: 10, direct: 10 }, 0],
    ['injected faults', { answered: 10, aborts: 10 }, 0],
    ['many good direct responses beside failures', { answered: 10, upstream: 8, direct: 1_000 }, 8],
    ['what Envoy answers itself', { answered: 10, direct: 2 }, 8],
    ['failures of mirrors, which no client sees', { answered: 1, upstream: 50 }, 1],
  ])('%s', (_, { answered, upstream = 0, direct = 0, aborts = 0 }: Record<string, number>, failures) => {
    const taken = new TrafficOfMetrics().take([
      uptime(1),
      counter('http.web.downstream_rq_5xx', answered ?? 0),
      counter('cluster.shop.upstream_rq_5xx', upstream),
      counter('cluster.shop.internal.upstream_rq_5xx', upstream),
      counter('cluster.meshgate_control_plane.upstream_rq_5xx', 77),
      counter('http.web.rq_direct_response', direct),
      counter('http.web.fault.aborts_injected', aborts),
    ]);
    expect(taken.failures).toBe(failures);
  });
});
