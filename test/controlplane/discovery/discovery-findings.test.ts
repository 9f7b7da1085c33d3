import { expect, test } from 'vitest';
import { discoveryReport } from '../../../controlplane/discovery/combine/discovery-report.ts';
import { type DiscoveryEvent, startDiscovery } from '../../../controlplane/discovery/combine/discovery-state.ts';
import { nextDiscovery } from '../../../controlplane/discovery/combine/next-discovery.ts';
import { discoveryFindings } from '../../../controlplane/discovery/discovery-findings.ts';
import { DISCOVERY_RULES } from '../../../controlplane/discovery/rules.ts';
import { renderFinding } from '../../../render/finding.ts';
import { discoveryOf, fileSourceAt, hostsUpTo } from './hosts.ts';

const at = { file: 'clusters/shop.yaml', line: 7, column: 3 };
const T0 = Date.UTC(2026, 10, 22, 20, 0, 0);
const MIN = 60_000;
const hosts = (count: number, source = 0): DiscoveryEvent => ({
  kind: 'answered',
  source,
  answer: { kind: 'hosts', hosts: hostsUpTo(count) },
});
const fails = (source = 0): DiscoveryEvent => ({
  kind: 'answered',
  source,
  answer: { kind: 'failed', problem: 'refused' },
});

const after = (
  sources: number,
  ...events: readonly (readonly [minute: number, event: DiscoveryEvent])[]
): readonly string[] => {
  const discovery = discoveryOf(Array.from({ length: sources }, (_, index) => fileSourceAt(index)));
  const state = events.reduce(
    (so, [minute, event]) => nextDiscovery(so, event, T0 + minute * MIN),
    startDiscovery(discovery, T0),
  );
  return discoveryFindings(discoveryReport(state, ['consul shop', 'dns shop.test']), 'shop', at).map(renderFinding);
};
const HEAD = 'clusters/shop.yaml:7:3';

test('a source that says nothing: before there is anything to serve, and after', () => {
  expect(after(1)).toEqual([
    `${HEAD} warning discovery-unanswered (cluster shop): saw consul shop has not answered yet; want an answer; the cluster gets no hosts before`,
  ]);
  expect(after(2, [0, hosts(1)], [0, fails(1)], [1, { kind: 'time' }])).toEqual([
    `${HEAD} warning discovery-unanswered (cluster shop): saw dns shop.test fails since 2026-11-22 20:00:00 UTC: refused; want an answer; the cluster is served without this source`,
  ]);
});

test('a source that fails: what is served of it, and until when; then nothing', () => {
  expect(after(1, [0, hosts(3)], [1, fails()])).toEqual([
    `${HEAD} warning discovery-stale (cluster shop): saw consul shop fails since 2026-11-22 20:01:00 UTC: refused; want an answer; its 3 last known hosts are served until 2026-11-22 21:01:00 UTC`,
  ]);
  expect(after(1, [0, hosts(3)], [1, fails()], [61, { kind: 'time' }])).toEqual([
    `${HEAD} discovery-expired (cluster shop): saw consul shop fails since 2026-11-22 20:01:00 UTC: refused; want an answer; its hosts are not served any more, as max_stale wants it`,
    `${HEAD} warning discovery-empty (cluster shop): saw no hosts from any source; want hosts; every request to the cluster fails until there are some`,
  ]);
});

test('few hosts of a sudden', () => {
  expect(after(1, [0, hosts(9)], [1, hosts(2)])).toEqual([
    `${HEAD} warning discovery-floor (cluster shop): saw consul shop gives 2 hosts since 2026-11-22 20:01:00 UTC, which is believed at 2026-11-22 20:06:00 UTC if it stands; want not less than the floor at once; 7 hosts that it does not give any more are kept`,
  ]);
});

test('what is left out; and nothing where all is well', () => {
  const leftOut: DiscoveryEvent = {
    kind: 'answered',
    source: 0,
    answer: { kind: 'hosts', hosts: hostsUpTo(1), leftOut: ['x: no'] },
  };
  expect(after(1, [0, leftOut])).toEqual([
    `${HEAD} warning discovery-left-out (cluster shop): saw consul shop: x: no; want IP addresses with a port`,
  ]);
  expect(after(1, [0, hosts(1)])).toEqual([]);
});

test('no two rules have one code', () => {
  expect(new Set(DISCOVERY_RULES.map(({ code }) => code)).size).toBe(DISCOVERY_RULES.length);
});
