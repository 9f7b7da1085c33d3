import { describe, expect, test } from 'vitest';
import type { Check, Expectation, RequestCheck } from '../../../conformance/checks/check.ts';
import { scheduleChecks } from '../../../conformance/checks/schedule-checks.ts';
import type { StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';
import { checkOf } from './judge/exchanges.ts';

const at = { file: 'x', line: 1, column: 1 };
const request = (name: string, expected: Expectation, arranged?: string): RequestCheck =>
  checkOf(expected, {
    name,
    arrangements: arranged === undefined ? [] : [{ hosts: { cluster: arranged }, behaviour: { status: 500 } }],
  });
const script: Check = { kind: 'script', name: 'script', origin: 'declared', at, file: '/x', timeoutMs: 1 };
const health = (cluster: string): Check => ({
  kind: 'cluster-health',
  name: `health of ${cluster}`,
  origin: 'default',
  at,
  cluster,
});
const names = (
  checks: readonly Check[],
  routes: readonly JsonObject[] = [],
  clusters: readonly JsonObject[] = [],
): string[][] =>
  scheduleChecks(
    checks,
    makeSnapshot('canary' as StageName, [
      { kind: 'route', name: 'r', body: { name: 'r', virtualHosts: [{ routes: [...routes] }] }, at },
      ...clusters.map((body) => ({ kind: 'cluster', name: String(body.name), body, at }) as const),
    ]),
  ).map((batch) => batch.map(({ name }) => name));

describe('checks that do not disturb each other share a batch', () => {
  test('health first, quiet requests together, scripts last', () => {
    const quiet = ['a', 'b', 'c'].map((name) => request(name, { status: [] }));
    expect(names([script, ...quiet, health('x'), health('y')])).toEqual([
      ['health of x', 'health of y'],
      ['a', 'b', 'c'],
      ['script'],
    ]);
  });
  test('what counts or times for the whole Envoy runs alone', () => {
    const alone = [
      request('stats', { stats: [] }),
      request('log', { accessLog: { fields: {} } }),
      request('latency', { latencyMs: {} }),
    ];
    expect(names([request('a', {}), ...alone, request('b', {})])).toEqual([
      ['a', 'b'],
      ['stats'],
      ['log'],
      ['latency'],
    ]);
  });
  test('arrangements on different clusters share a batch, on one cluster they do not', () => {
    const checks = [
      request('a', { answeredBy: ['x'] }, 'x'),
      request('b', { answeredBy: ['y'] }, 'y'),
      request('c', { answeredBy: ['x'] }, 'x'),
    ];
    expect(names(checks)).toEqual([['a', 'b'], ['c']]);
  });
  test('only one check at a time turns the health of hosts', () => {
    const turning = (name: string, cluster: string): RequestCheck =>
      checkOf({ answeredBy: [cluster] }, { name, arrangements: [{ hosts: { cluster }, health: 'maintenance' }] });
    expect(names([turning('a', 'x'), turning('b', 'y'), request('c', { answeredBy: ['z'] }, 'z')])).toEqual([
      ['a', 'c'],
      ['b'],
    ]);
  });
  test('a check that may reach any cluster is not beside one that arranges', () => {
    expect(names([request('a', { status: [] }, 'x'), request('b', { answeredBy: ['y'] }, 'y')])).toEqual([
      ['a'],
      ['b'],
    ]);
  });
  test('a cluster of the same route, or one that gets its copies, counts as reached', () => {
    const checks = [request('a', { answeredBy: ['x'] }, 'x'), request('b', { answeredBy: ['y'] }, 'y')];
    const weighted = {
      route: {
        weightedClusters: {
          clusters: [
            { name: 'x', weight: 1 },
            { name: 'y', weight: 1 },
          ],
        },
      },
    };
    const mirrored = { route: { cluster: 'x', requestMirrorPolicies: [{ cluster: 'y' }] } };
    for (const route of [weighted, mirrored]) expect(names(checks, [route])).toEqual([['a'], ['b']]);
    expect(names(checks, [{ route: { cluster: 'x' } }, { route: { cluster: 'y' } }])).toEqual([['a', 'b']]);
  });
  test('checks of a cluster with tight circuit breakers run one at a time', () => {
    const checks = [
      request('a', { answeredBy: ['x'] }),
      request('b', { answeredBy: ['x'] }),
      request('c', { answeredBy: ['y'] }),
    ];
    const tight = { name: 'x', circuitBreakers: { thresholds: [{ maxRequests: 1 }] } };
    expect(names(checks, [], [tight, { name: 'y' }])).toEqual([['a', 'c'], ['b']]);
    expect(names(checks)).toEqual([['a', 'b', 'c']]);
  });
});

test('every check runs exactly once', () => {
  const checks = [script, request('a', {}, 'x'), request('b', {}), health('x'), request('c', { stats: [] }, 'y')];
  expect(scheduleChecks(checks).flat()).toHaveLength(checks.length);
  expect(new Set(scheduleChecks(checks).flat())).toEqual(new Set(checks));
});
