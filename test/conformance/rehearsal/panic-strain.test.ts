import { describe, expect, test } from 'vitest';
import { panicStrains } from '../../../conformance/rehearsal/panic-strain.ts';
import type { Finding } from '../../../render/finding.ts';
import type { JsonObject } from '../../../render/json.ts';
import { cluster, snapshotOf } from '../snapshot-of.ts';

const panic = (resource: string): Finding =>
  ({ rule: 'rehearsal-panic', saw: `panic in ${resource}`, resource }) as Finding;
const checked = (...timeouts: string[]): JsonObject =>
  cluster('app', { healthChecks: timeouts.map((timeout) => ({ timeout, tcpHealthCheck: {} })) });

/** One that waited so long for a core, and tells within which span it was asked. */
const asked: [fromMs: number, spanMs: number][] = [];
const envoy = (ownMs: number, envoyMs = 0) => ({
  starved: (fromMs: number, _: number, spanMs: number) => {
    asked.push([fromMs, spanMs]);
    return { ownMs, envoyMs };
  },
});

const SPAN = { fromMs: 5_000, toMs: 6_000 };

describe('what the health checks of a cluster that panicked had to bear', () => {
  test.each<[string, JsonObject, number]>([
    ['the time limit of its health check', checked('0.4s'), 400],
    ['the shortest of several', checked('0.9s', '0.3s'), 300],
    ['a second where a check may take longer', checked('5s'), 1_000],
    ['a second without health checks', cluster('app', {}), 1_000],
  ])('is held against %s', (_, body, limitMs) => {
    asked.length = 0;
    const strains = panicStrains([panic('cluster app')], snapshotOf({ cluster: [body] }), [envoy(7)], SPAN);
    expect(strains).toEqual([{ of: 'panic in cluster app', limitMs, waitedMs: 7, who: 'meshgate' }]);
    // A check that was under way when the change began may be the one that failed.
    expect(asked).toEqual([[5_000 - limitMs, limitMs]]);
  });

  test('the Envoy that bore most explains it', () => {
    const snapshot = snapshotOf({ cluster: [checked('1s')] });
    const [strain] = panicStrains([panic('cluster app')], snapshot, [envoy(20), envoy(30, 800), envoy(0)], SPAN);
    expect(strain).toMatchObject({ waitedMs: 800, who: 'envoy' });
  });

  test('where no Envoy is left to ask, nothing is explained; other findings are not asked about', () => {
    const snapshot = snapshotOf({ cluster: [checked('1s')] });
    expect(panicStrains([panic('cluster app')], snapshot, [], SPAN)).toMatchObject([{ waitedMs: 0 }]);
    expect(panicStrains([{ ...panic('cluster app'), rule: 'nack' }], snapshot, [envoy(900)], SPAN)).toEqual([]);
  });
});
