import { expect, test } from 'vitest';
import { MembershipOfMetrics } from '../../../controlplane/metrics/membership-of-metrics.ts';
import type { Reading } from '../../../controlplane/metrics/metric-message.ts';

const gauge = (name: string, value: number): Reading => ({ kind: 'gauge', name, value }) as Reading;
const of = (cluster: string, healthy: number, total: number): Reading[] => [
  gauge(`cluster.${cluster}.membership_healthy`, healthy),
  gauge(`cluster.${cluster}.membership_total`, total),
];

test('what a message leaves out is as it was said last', () => {
  const membership = new MembershipOfMetrics();
  membership.take(of('a', 3, 4));
  expect(membership.take([gauge('cluster.a.membership_healthy', 4)]).get('a')).toEqual({ available: 4, total: 4 });
});

test('clusters that an Envoy has no longer are forgotten, whatever number of them there was; the others are not', () => {
  const membership = new MembershipOfMetrics();
  for (let at = 0; at < 20_000; at += 1) membership.take([...of('stays', 1, 2), ...of(`goes-${at}`, 1, 1)]);
  expect(membership.size).toBeLessThan(2_100);
  expect(membership.take([gauge('cluster.stays.membership_healthy', 2)]).get('stays')).toEqual({
    available: 2,
    total: 2,
  });
});
