import { describe, expect, test, vi } from 'vitest';
import type { Check, Expectation, RequestCheck } from '../../../conformance/checks/check.ts';
import { runInOrder } from '../../../conformance/checks/run-checks.ts';
import { CHECKS_AT_A_TIME, type ScheduledCheck, scheduleChecks } from '../../../conformance/checks/schedule-checks.ts';
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
const snapshotWith = (
  routes: readonly JsonObject[],
  clusters: readonly JsonObject[],
  listeners: readonly JsonObject[] = [],
) =>
  makeSnapshot('canary' as StageName, [
    { kind: 'route', name: 'r', body: { name: 'r', virtualHosts: [{ routes: [...routes] }] }, at },
    ...clusters.map((body) => ({ kind: 'cluster', name: String(body.name), body, at }) as const),
    ...listeners.map((body) => ({ kind: 'listener', name: String(body.name), body, at }) as const),
  ]);
/** Each check with those it comes after, phase by phase. */
const order = (checks: readonly Check[], snapshot = snapshotWith([], [])): string[][] =>
  scheduleChecks(checks, snapshot)
    .map((phase) =>
      phase.map(({ check, after }) => [check.name, ...after.map((other) => other.check.name)].join(' < ')),
    )
    .filter((phase) => phase.length > 0);

describe('checks that do not disturb each other are not ordered', () => {
  test('health first, quiet requests together, scripts last', () => {
    const quiet = ['a', 'b', 'c'].map((name) => request(name, { status: [] }));
    expect(order([script, ...quiet, health('x'), health('y')])).toEqual([
      ['health of x', 'health of y'],
      ['a', 'b', 'c'],
      ['script'],
    ]);
  });
  test('what counts or logs for the whole Envoy runs alone, and first', () => {
    const alone = [
      request('stats', { stats: [{ name: 'http.edge.downstream_rq_total' }] }),
      request('log', { accessLog: { fields: {} } }),
    ];
    expect(order([request('a', {}), ...alone])).toEqual([['stats', 'log < stats', 'a < stats < log']]);
  });
  test('what counts for a cluster runs beside checks of others', () => {
    const checks = [
      request('a', { answeredBy: ['x'] }),
      request('b', { answeredBy: ['y'] }),
      request('counts y', { answeredBy: ['y'], stats: [{ name: 'cluster.y.upstream_rq_total' }] }, 'y'),
      request('counts what only starts like y', { stats: [{ name: 'cluster.yy.upstream_rq_total' }] }, 'y'),
    ];
    const snapshot = snapshotWith([], [{ name: 'x' }, { name: 'y' }]);
    expect(order(checks, snapshot)).toEqual([
      ['a', 'b', 'counts y < b', 'counts what only starts like y < a < b < counts y'],
    ]);
  });
  test('a bound of latency is not held against an Envoy that another check loads; a least latency is', () => {
    const load = checkOf({ answeredBy: ['x'] }, { name: 'load', concurrency: 8, repeat: 80, arrangements: [] });
    const timed = request('timed', { answeredBy: ['y'], latencyMs: { max: 100 } });
    const slow = request('slow', { answeredBy: ['y'], latencyMs: { min: 100 } });
    expect(order([load, timed, slow])).toEqual([['load', 'timed < load', 'slow']]);
  });
  test('arrangements on different clusters are side by side, on one cluster they are not', () => {
    const checks = [
      request('a', { answeredBy: ['x'] }, 'x'),
      request('b', { answeredBy: ['y'] }, 'y'),
      request('c', { answeredBy: ['x'] }, 'x'),
    ];
    expect(order(checks)).toEqual([['a', 'b', 'c < a']]);
  });
  test('hosts of two clusters turn at a time', () => {
    const turning = (name: string, cluster: string): RequestCheck =>
      checkOf({ answeredBy: [cluster] }, { name, arrangements: [{ hosts: { cluster }, health: 'maintenance' }] });
    expect(order([turning('a', 'x'), turning('b', 'y'), turning('c', 'y')])).toEqual([['a', 'b', 'c < b']]);
  });
  test('a check that may reach any cluster is not beside one that arranges', () => {
    expect(order([request('a', { status: [] }, 'x'), request('b', { answeredBy: ['y'] }, 'y')])).toEqual([
      ['a', 'b < a'],
    ]);
  });
  test('a check that does not name its cluster may reach those behind its listener only', () => {
    const check = (name: string, listener: string, cluster: string): RequestCheck =>
      checkOf(
        { status: [] },
        {
          name,
          request: { ...checkOf({}).request, listener },
          arrangements: [{ hosts: { cluster }, behaviour: { status: 500 } }],
        },
      );
    const to = (name: string, ...texts: string[]): JsonObject => ({ name, filterChains: texts });
    const clusters = [{ name: 'x' }, { name: 'y' }, { name: 'both', clusterType: { clusters: ['x', 'y'] } }];
    const checks = [check('a', 'to-x', 'x'), check('b', 'to-y', 'y')];
    const unordered = [['a', 'b']];
    const ordered = [['a', 'b < a']];
    const run = (...listeners: JsonObject[]) =>
      order(checks, snapshotWith([{ route: { cluster: 'x' } }], clusters, listeners));
    expect(run(to('to-x', 'x'), to('to-y', 'y'))).toEqual(unordered);
    expect(run(to('to-x', 'r'), to('to-y', 'y'))).toEqual(unordered);
    expect(run(to('to-x', 'r'), to('to-y', 'r', 'y'))).toEqual(ordered);
    expect(run(to('to-x', 'x'), to('to-y', 'both'))).toEqual(ordered);
    expect(run(to('to-x', 'x'), { ...to('to-y', 'y'), route: { clusterHeader: 'x-to' } })).toEqual(ordered);
    expect(run(to('to-x', 'x'))).toEqual(ordered);
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
    for (const route of [weighted, mirrored])
      expect(order(checks, snapshotWith([route], []))).toEqual([['a', 'b < a']]);
    const apart = snapshotWith([{ route: { cluster: 'x' } }, { route: { cluster: 'y' } }], []);
    expect(order(checks, apart)).toEqual([['a', 'b']]);
  });
  test('checks of a cluster with tight circuit breakers run one at a time', () => {
    const checks = [
      request('a', { answeredBy: ['x'] }),
      request('b', { answeredBy: ['x'] }),
      request('c', { answeredBy: ['y'] }),
    ];
    const tight = { name: 'x', circuitBreakers: { thresholds: [{ maxRequests: 1 }] } };
    expect(order(checks, snapshotWith([], [tight, { name: 'y' }]))).toEqual([['a', 'b < a', 'c']]);
    expect(order(checks)).toEqual([['a', 'b', 'c']]);
  });
});

describe('running them', () => {
  const phase = (checks: readonly Check[]) => scheduleChecks(checks, snapshotWith([], []))[1] ?? [];
  const names = (run: readonly ScheduledCheck[]) => run.map(({ check }) => check.name);

  test('each starts when those before it are over, and not later', async () => {
    const a = request('a', { answeredBy: ['x'] }, 'x');
    const b = request('b', { answeredBy: ['y'] }, 'y');
    const c = request('c', { answeredBy: ['x'] }, 'x');
    const ends = new Map([a, b, c].map((check) => [check.name, Promise.withResolvers<void>()]));
    const started: ScheduledCheck[] = [];
    const all = runInOrder(phase([a, b, c]), async (scheduled) => {
      started.push(scheduled);
      await ends.get(scheduled.check.name)?.promise;
    });
    expect(names(started)).toEqual(['a', 'b']);
    ends.get('a')?.resolve();
    await vi.waitFor(() => expect(names(started)).toEqual(['a', 'b', 'c']));
    for (const { resolve } of ends.values()) resolve();
    await all;
  });
  test('no more than so many at a time', async () => {
    let now = 0;
    let most = 0;
    const many = Array.from({ length: 50 }, (_, index) => request(String(index), {}));
    await runInOrder(phase(many), async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    });
    expect(most).toBe(CHECKS_AT_A_TIME);
  });
  test('after a fault none starts, and those under way end first', async () => {
    const started: ScheduledCheck[] = [];
    let ended = false;
    const checks = [request('a', {}), request('b', {}), request('c', { accessLog: { fields: {} } }, 'x')];
    const all = runInOrder(phase(checks), async (scheduled) => {
      started.push(scheduled);
      if (scheduled.check.name === 'a') throw new Error('no admin');
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended = true;
    });
    await expect(all).rejects.toThrow('no admin');
    expect([names(started), ended]).toEqual([['a', 'b'], true]);
  });
});

test('every check runs exactly once', () => {
  const checks = [script, request('a', {}, 'x'), request('b', {}), health('x'), request('c', { stats: [] }, 'y')];
  const scheduled = scheduleChecks(checks)
    .flat()
    .map(({ check }) => check);
  expect(scheduled).toHaveLength(checks.length);
  expect(new Set(scheduled)).toEqual(new Set(checks));
});
