import { expect, test } from 'vitest';
import { EdgesOfMetrics } from '../../../controlplane/metrics/edges-of-metrics.ts';
import { MembershipOfMetrics } from '../../../controlplane/metrics/membership-of-metrics.ts';
import type { Reading } from '../../../controlplane/metrics/metric-message.ts';
import { Totals } from '../../../controlplane/metrics/totals.ts';
import { TrafficOfMetrics } from '../../../controlplane/metrics/traffic-of-metrics.ts';

const counter = (name: string, value: number): Reading => ({ kind: 'counter', name, value });
const MESSAGES = 3_000;

test('counters that come and go take no room from those that come later', () => {
  const totals = new Totals(2_500);
  const added = Array.from({ length: MESSAGES }, (_, at) => {
    totals.nextMessage();
    return [totals.increase('stays', at * 10), totals.increase(`goes-${at}`, 3)];
  });
  expect(added.slice(1).filter(([stays, goes]) => stays !== 10 || goes !== 3)).toEqual([]);
  expect(totals.size).toBeLessThan(2_100);
});

test('clusters and listeners that an Envoy has no longer are forgotten; the others are not', () => {
  const edges = new EdgesOfMetrics();
  const traffic = new TrafficOfMetrics();
  let [asked, connections, answered] = [0, 0, 0];
  traffic.take([]);
  for (let at = 1; at <= MESSAGES; at += 1) {
    const counters = (prefix: string, ...whats: readonly string[]): Reading[] =>
      whats.flatMap((what) => [counter(`${prefix}.stays.${what}`, at), counter(`${prefix}.goes-${at}.${what}`, 1)]);
    const { clusters } = edges.take(counters('cluster', 'upstream_rq_completed', 'upstream_cx_total'), true);
    asked += clusters.get('stays')?.requests ?? 0;
    // Of what carries HTTP they are not counted, however long ago it was said first that it does.
    connections += clusters.get('stays')?.connections ?? 0;
    answered += traffic.take(counters('http', 'downstream_rq_completed')).requests;
  }
  expect({ asked, connections, answered }).toEqual({ asked: MESSAGES, connections: 0, answered: 2 * MESSAGES });
  expect(edges.size).toBeLessThan(3 * 2_100);
  expect(traffic.size).toBeLessThan(2_100);
});

test('more than any Envoy has is not remembered, however much of it comes at once; what was there before is', () => {
  const edges = new EdgesOfMetrics();
  const membership = new MembershipOfMetrics();
  const gauges = (cluster: string, value: number): Reading[] =>
    ['healthy', 'total'].map((what) => ({ kind: 'gauge', name: `cluster.${cluster}.membership_${what}`, value }));
  const completed = (cluster: string): Reading => counter(`cluster.${cluster}.upstream_rq_completed`, 1);
  const many = Array.from({ length: 22_000 }, (_, at) => `goes-${at}`);
  membership.take(gauges('stays', 1));
  edges.take([completed('stays'), ...many.map(completed)], true);
  const told = membership.take(many.flatMap((name) => gauges(name, 1)));
  expect([told.size, membership.size]).toEqual([19_999, 20_000]);
  expect(edges.size).toBe(22_001 + 20_000);
  expect(membership.take(gauges('stays', 2)).get('stays')).toEqual({ available: 2, total: 2 });
});
