import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rehearsePanic } from '../../../conformance/rehearsal/rehearse-panic.ts';
import { sideBySide } from '../../side-by-side.ts';
import { jobOf, NEWEST, OLDEST, placeOf, startCells } from '../cell/cell-fixture.ts';
import { lineOf, placedSnapshot, type Texts } from '../cell/placed-snapshot.ts';
import { cluster, edsCluster, endpoints, HEALTH_CHECK, host, hosts, SMALL } from '../cell/small-mesh.ts';

const CHECKED = `health_checks: [${HEALTH_CHECK}]`;
const eds = (addresses: readonly string[], more = ''): Texts => ({
  ...SMALL,
  cluster: edsCluster('app', `${CHECKED}\n  ${more}`),
  endpoint: endpoints('app', addresses),
});
const listed = (type: string, addresses: readonly string[], more = ''): Texts => ({
  ...SMALL,
  cluster: cluster('app', { type, addresses, more: `${CHECKED}\n  ${more}` }),
});

/** In cells of its own, as others rehearse at the same time. */
async function rehearse(version: string, live: Texts, proposed: Texts) {
  await using cells = await startCells();
  const job = jobOf({ version, proposed: placedSnapshot(proposed) });
  const scratchDir = join(cells.context.scratchDir, 'one');
  const rehearsed = await rehearsePanic(job, placedSnapshot(live), { ...cells.context, scratchDir });
  await rm(scratchDir, { recursive: true, force: true });
  expect([...cells.running]).toEqual([]);
  return rehearsed;
}

sideBySide('panic rehearsal', () => {
  describe.each([OLDEST, NEWEST])('on Envoy %s', (version) => {
    test('4 healthy hosts, 8 added at once: panic, with the arithmetic, the safe step, and a split that passes', async () => {
      const proposed = eds(hosts(12));
      const { findings, evidence, timeline } = await rehearse(version, eds(hosts(4)), proposed);
      expect(findings).toHaveLength(1);
      const [finding] = findings;
      expect(finding).toMatchObject({ rule: 'panic-rehearsal-failed', severity: 'error', resource: 'cluster app' });
      const [, picks, reached] =
        /(\d+) picks in panic mode and (\d+) requests to hosts in maintenance/.exec(finding?.saw ?? '') ?? [];
      expect(Number(picks)).toBeGreaterThan(0);
      expect(Number(reached)).toBeGreaterThan(0);
      expect(finding?.saw).toContain(
        '4 healthy hosts stay and 8 join, so 4 of 12 (33 %) are healthy against a panic threshold of 50 %',
      );
      expect(finding?.want).toContain('at most 4 hosts at once');
      expect(finding?.want).toContain('split it: 4 → 8 → 12 hosts');
      expect(finding?.want).toContain('tried on this Envoy: passed');
      expect(findings.map(placeOf)).toEqual([lineOf(proposed, 'endpoint', 'cluster_name: app')]);
      expect(evidence?.conversation.length).toBeGreaterThan(0);
      // The same, as it is drawn.
      expect(timeline?.panic.at(-1)?.picks).toBe(Number(picks));
      const inMaintenance = timeline?.points.map(({ servedBy }) => servedBy['app (in maintenance)'] ?? 0);
      expect(inMaintenance?.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    });

    test('the safe step alone passes', async () => {
      expect((await rehearse(version, eds(hosts(4)), eds(hosts(8)))).findings).toEqual([]);
    });
  });
});

sideBySide('kinds of clusters', () => {
  test('STATIC: found, the split passes, and so does the safe step', async () => {
    const found = await rehearse(NEWEST, listed('STATIC', hosts(2)), listed('STATIC', hosts(6)));
    expect(found.findings.map(({ rule }) => rule)).toEqual(['panic-rehearsal-failed']);
    expect(found.findings[0]?.want).toContain('2 → 4 → 6 hosts');
    expect(found.findings[0]?.want).toContain('tried on this Envoy: passed');
    expect((await rehearse(NEWEST, listed('STATIC', hosts(2)), listed('STATIC', hosts(4)))).findings).toEqual([]);
  });

  test('STRICT_DNS: found; whether the split holds is measured, since Envoy uses such a cluster before its first checks are over', async () => {
    const found = await rehearse(NEWEST, listed('STRICT_DNS', hosts(2)), listed('STRICT_DNS', hosts(6)));
    expect(found.findings.map(({ rule }) => rule)).toEqual(['panic-rehearsal-failed']);
    expect(found.findings[0]?.want).toMatch(/2 → 4 → 6 hosts.*tried on this Envoy: (passed|failed)/);
  });

  test('hosts that go and hosts that come at once', async () => {
    // One of four stays for sure, six come.
    const { findings } = await rehearse(
      NEWEST,
      listed('STATIC', hosts(4)),
      listed('STATIC', [...hosts(1), ...hosts(6, 50)]),
    );
    expect(findings.map(({ rule }) => rule)).toEqual(['panic-rehearsal-failed']);
    expect(findings[0]?.saw).toContain('1 healthy hosts stay and 6 join, so 1 of 7 (14 %)');
    expect(findings[0]?.want).toContain('tried on this Envoy: passed');
  });

  test('priorities: hosts that join another priority are judged there', async () => {
    const split = (first: readonly string[], second: readonly string[]): Texts => ({
      ...SMALL,
      cluster: edsCluster('app', CHECKED),
      endpoint: `
- cluster_name: app
  endpoints:
    - { priority: 0, lb_endpoints: [${first.map((address) => host(address)).join(', ')}] }
    - { priority: 1, lb_endpoints: [${second.map((address) => host(address)).join(', ')}] }
`,
    });
    // 2 of 8 in priority 0 are healthy, but priority 1 takes over what they cannot carry: Envoy panics only when all are short.
    expect((await rehearse(NEWEST, split(hosts(2), hosts(2, 20)), split(hosts(8), hosts(2, 20)))).findings).toEqual([]);
    const { findings } = await rehearse(NEWEST, split(hosts(2), hosts(1, 20)), split(hosts(10), hosts(9, 20)));
    expect(findings.map(({ rule }) => rule)).toEqual(['panic-rehearsal-failed']);
    expect(findings[0]?.saw).toMatch(
      /priority 0: 2 healthy hosts stay and 8 join.*priority 1: 1 healthy hosts stay and 8 join/,
    );
  });

  test('clusters that get no hosts, or ask nobody for their health, need no rehearsal', async () => {
    for (const [live, proposed] of [
      [eds(hosts(4)), eds(hosts(2))],
      [SMALL, { ...SMALL, cluster: cluster('app', { addresses: hosts(9) }) }],
    ] as const)
      expect(await rehearse(NEWEST, live, proposed)).toEqual({
        findings: [],
        note: 'no health-checked cluster gets new hosts',
      });
  });
});

sideBySide('settings', () => {
  test('ignore_new_hosts_until_first_hc protects from nothing once the first check has failed', async () => {
    const option = 'common_lb_config: { ignore_new_hosts_until_first_hc: true }';
    const { findings } = await rehearse(NEWEST, eds(hosts(2), option), eds(hosts(6), option));
    expect(findings.map(({ rule }) => rule)).toEqual(['panic-rehearsal-failed']);
  });

  test('with a threshold of 0 there is no panic, as long as a healthy host is left', async () => {
    const option = 'common_lb_config: { healthy_panic_threshold: { value: 0 } }';
    expect((await rehearse(NEWEST, eds(hosts(2), option), eds(hosts(10), option))).findings).toEqual([]);
    // A CDS update makes a new cluster of the new hosts alone: nothing healthy is left, and nothing panics.
    const { findings } = await rehearse(
      NEWEST,
      listed('STATIC', hosts(2), option),
      listed('STATIC', hosts(2, 50), option),
    );
    expect(findings.map(({ rule }) => rule)).toEqual(['panic-rehearsal-failed']);
    expect(findings[0]?.saw).toMatch(
      /0 picks in panic mode and 0 requests to hosts in maintenance, [1-9]\d* requests without any healthy host/,
    );
  });
});
