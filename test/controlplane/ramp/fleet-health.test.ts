import { expect, test } from 'vitest';
import { isMembershipMetric, MembershipOfMetrics } from '../../../controlplane/metrics/membership-of-metrics.ts';
import { FleetHealth } from '../../../controlplane/ramp/fleet-health.ts';
import { leastHealthy } from '../../../controlplane/ramp/health-source.ts';

const app = (available: number, total: number) => new Map([['app', { available, total }]]);

test('the least healthy Envoy counts, and is named', () => {
  const fleet = new FleetHealth();
  fleet.join('one').take(app(4, 4), 1_000);
  fleet.join('two').take(app(1, 4), 2_000);
  expect(fleet.view('app', 4, 3_000)).toEqual({
    kind: 'seen',
    envoys: 2,
    lagging: 0,
    unheard: 0,
    unhealthyMost: 3,
    unhealthyLeast: 0,
    worst: 'two',
    oldestAtMs: 1_000,
  });
  expect(fleet.view('other', 4, 3_000)).toEqual({ kind: 'silent' });
});

test('an Envoy that has just got its hosts is no witness that they are bad; later it is', () => {
  const fleet = new FleetHealth({ graceMs: 10_000 });
  const one = fleet.join('one');
  one.take(app(0, 4), 0);
  expect(fleet.view('app', 4, 9_000)).toMatchObject({ unhealthyMost: 4, unhealthyLeast: 0 });
  one.take(app(0, 4), 10_000);
  expect(fleet.view('app', 4, 10_000)).toMatchObject({ unhealthyMost: 4, unhealthyLeast: 4 });
  // It lacks a host that is served: it has not taken the step.
  expect(fleet.view('app', 5, 10_000)).toMatchObject({ lagging: 1, unhealthyLeast: 0 });
});

test('an Envoy that is connected and silent is waited for, one that went away too, but not for ever', () => {
  const fleet = new FleetHealth({ unheardMs: 15_000 });
  fleet.join('one').take(app(4, 4), 0);
  const leave = fleet.connected('two', 0);
  expect(fleet.view('app', 4, 5_000)).toMatchObject({ unheard: 1 });
  const stream = fleet.join('two');
  stream.take(app(4, 4), 5_000);
  expect(fleet.view('app', 4, 5_000)).toMatchObject({ unheard: 0, envoys: 2 });
  stream.close();
  leave(6_000);
  expect(fleet.view('app', 4, 7_000)).toMatchObject({ unheard: 1, envoys: 1 });
  fleet.connected('two', 7_000);
  expect(fleet.view('app', 4, 18_000)).toMatchObject({ unheard: 1 });
  expect(fleet.view('app', 4, 22_000)).not.toMatchObject({ unheard: 2 });
});

test('the same, told as who is there', () => {
  const fleet = new FleetHealth({ unheardMs: 15_000 });
  fleet.join('one').take(app(4, 4), 0);
  fleet.nowConnected(new Set(['one', 'two']), 0);
  fleet.nowConnected(new Set(['one', 'two']), 9_000);
  expect(fleet.view('app', 4, 10_000)).toMatchObject({ unheard: 1 });
  expect(fleet.view('app', 4, 15_000)).toMatchObject({ unheard: 0 });
  fleet.nowConnected(new Set(['one']), 16_000);
  expect(fleet.view('app', 4, 17_000)).toMatchObject({ unheard: 1 });
  fleet.nowConnected(new Set(['one', 'two']), 18_000);
  expect(fleet.view('app', 4, 19_000)).toMatchObject({ unheard: 1 });
});

test('a reading that is old is none', () => {
  const fleet = new FleetHealth({ maxAgeMs: 20_000, unheardMs: 15_000 });
  fleet.join('one').take(app(4, 4), 0);
  expect(fleet.view('app', 4, 20_000)).toMatchObject({ envoys: 1, unheard: 0 });
  expect(fleet.view('app', 4, 21_000)).toMatchObject({ envoys: 0, unheard: 1 });
  expect(fleet.view('app', 4, 36_000)).toEqual({ kind: 'silent' });
});

test('memberships are read from gauges; degraded hosts serve; a message may bring a part of them', () => {
  const membership = new MembershipOfMetrics();
  const gauge = (what: string, value: number) => ({
    kind: 'gauge' as const,
    name: `cluster.a.b.membership_${what}`,
    value,
  });
  expect([...membership.take([gauge('healthy', 3), gauge('degraded', 1), gauge('total', 6)])]).toEqual([
    ['a.b', { available: 4, total: 6 }],
  ]);
  expect([...membership.take([gauge('healthy', 5)])]).toEqual([['a.b', { available: 6, total: 6 }]]);
  expect([...membership.take([{ kind: 'counter', name: 'cluster.a.b.membership_total', value: 9 }])]).toEqual([]);
  expect(isMembershipMetric('cluster.membership_total')).toBe(true);
  expect(isMembershipMetric('cluster.a.membership_change')).toBe(false);
});

test('of several views the least healthy one counts, host by host and Envoy by Envoy', () => {
  const one = new FleetHealth();
  one.join('one').take(app(4, 4), 1_000);
  const two = new FleetHealth();
  two.join('two').take(app(2, 4), 900);
  const view = leastHealthy([
    {
      hosts: new Map([
        ['a', 'healthy'],
        ['b', 'unhealthy'],
        ['c', 'unseen'],
      ]),
      fleet: one.view('app', 4, 1_000),
    },
    {
      hosts: new Map([
        ['a', 'unhealthy'],
        ['b', 'healthy'],
        ['c', 'healthy'],
      ]),
      fleet: two.view('app', 4, 1_000),
    },
    { hosts: new Map(), fleet: { kind: 'silent' } },
  ]);
  expect(Object.fromEntries(view.hosts)).toEqual({ a: 'unhealthy', b: 'unhealthy', c: 'healthy' });
  expect(view.fleet).toMatchObject({ envoys: 2, unhealthyMost: 2, worst: 'two', oldestAtMs: 900 });
});

test('what an Envoy says of clusters that it has no longer is forgotten, also while it goes on', () => {
  const fleet = new FleetHealth();
  const one = fleet.join('one');
  for (let at = 0; at < 2_000; at += 1)
    one.take(new Map([...app(4, 4), [`goes-${at}`, { available: 1, total: 1 }]]), at * 5_000);
  expect(fleet.size).toBeLessThan(130);
  expect(fleet.view('app', 4, 2_000 * 5_000)).toMatchObject({ kind: 'seen', unhealthyMost: 0 });
});
