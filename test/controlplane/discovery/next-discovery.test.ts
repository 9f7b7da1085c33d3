import { expect, test } from 'vitest';
import { discoveryReport } from '../../../controlplane/discovery/combine/discovery-report.ts';
import {
  type DiscoveryState,
  FIRST_ANSWERS_MS,
  startDiscovery,
} from '../../../controlplane/discovery/combine/discovery-state.ts';
import { nextDiscovery, nextDueEpochMs } from '../../../controlplane/discovery/combine/next-discovery.ts';
import { wantedHosts } from '../../../controlplane/discovery/combine/wanted-hosts.ts';
import { type DiscoveredHost, hostKey } from '../../../controlplane/discovery/discovered-host.ts';
import { discoveryOf, fileSourceAt, host, hostsUpTo } from './hosts.ts';

const HOLD_MS = 300_000;
const STALE_MS = 3_600_000;

const given = (state: DiscoveryState, now: number, hosts: readonly DiscoveredHost[], source = 0): DiscoveryState =>
  nextDiscovery(state, { kind: 'answered', source, answer: { kind: 'hosts', hosts } }, now);
const failed = (state: DiscoveryState, now: number, problem = 'gone', source = 0): DiscoveryState =>
  nextDiscovery(state, { kind: 'answered', source, answer: { kind: 'failed', problem } }, now);
const later = (state: DiscoveryState, now: number): DiscoveryState => nextDiscovery(state, { kind: 'time' }, now);

/** `0: 10.0.0.1:80 healthy` */
const seen = (state: DiscoveryState): readonly string[] | undefined => {
  const wanted = wantedHosts(state);
  return (
    wanted &&
    [...wanted].flatMap(([priority, hosts]) => hosts.map((one) => `${priority}: ${hostKey(one)} ${one.health}`))
  );
};
const count = (state: DiscoveryState): number | undefined => seen(state)?.length;

test('a first answer is believed, also one without hosts', () => {
  expect(count(startDiscovery(discoveryOf(), 0))).toBeUndefined();
  expect(count(given(startDiscovery(discoveryOf(), 0), 1, hostsUpTo(3)))).toBe(3);
  expect(count(given(startDiscovery(discoveryOf(), 0), 1, []))).toBe(0);
});

test('half of the hosts is believed at once; fewer are after the hold, and what is new in them counts before', () => {
  const ten = given(startDiscovery(discoveryOf(), 0), 0, hostsUpTo(10));
  expect(count(given(ten, 1, hostsUpTo(5)))).toBe(5);

  const few = [host('10.0.0.1', { health: 'unhealthy' }), host('10.0.0.99')];
  const held = given(ten, 1_000, few);
  expect(seen(held)).toHaveLength(11);
  expect(seen(held)).toContain('0: 10.0.0.1:80 unhealthy');
  expect(seen(held)).toContain('0: 10.0.0.99:80 healthy');
  expect(nextDueEpochMs(held, 1_000)).toBe(1_000 + HOLD_MS);
  expect(count(later(held, 999 + HOLD_MS))).toBe(11);
  expect(seen(later(held, 1_000 + HOLD_MS))).toEqual(['0: 10.0.0.1:80 unhealthy', '0: 10.0.0.99:80 healthy']);
});

test('other answers below the floor do not start the hold anew; an answer above it ends it', () => {
  const ten = given(startDiscovery(discoveryOf(), 0), 0, hostsUpTo(10));
  const held = given(given(ten, 1_000, []), 200_000, hostsUpTo(2));
  expect(count(later(held, 1_000 + HOLD_MS))).toBe(2);
  const back = given(held, 250_000, hostsUpTo(9));
  expect(count(back)).toBe(9);
  expect(nextDueEpochMs(back, 250_000)).toBeUndefined();
  expect(count(later(given(back, 260_000, []), 261_000 + HOLD_MS - 2_000))).toBe(9);
});

test('hosts that go one by one are held by the floor as if they went at once; what went slowly is believed', () => {
  const ten = given(startDiscovery(discoveryOf(), 0), 0, hostsUpTo(10));
  let state = ten;
  for (let left = 9; left >= 0; left -= 1) state = given(state, 1_000 * (10 - left), hostsUpTo(left));
  expect(count(state)).toBe(5);
  // Since the first answer below half of the ten.
  expect(nextDueEpochMs(state, 10_000)).toBe(6_000 + HOLD_MS);
  expect(count(later(state, 5_999 + HOLD_MS))).toBe(5);
  const gone = later(state, 6_000 + HOLD_MS);
  expect(count(gone)).toBe(0);
  // What was waited for is what there is: what comes then is compared with it.
  expect(discoveryReport(given(gone, 7_000 + HOLD_MS, hostsUpTo(1)), ['a']).sources[0]?.state).toBe('current');

  const slow = given(ten, HOLD_MS, hostsUpTo(6));
  expect(count(given(slow, 2 * HOLD_MS - 1, hostsUpTo(4)))).toBe(6);
  expect(count(given(slow, 2 * HOLD_MS, hostsUpTo(4)))).toBe(4);
  // More again is more again.
  const back = given(given(ten, 1_000, hostsUpTo(6)), 2_000, hostsUpTo(12));
  expect(count(given(given(back, 3_000, hostsUpTo(6)), 4_000, hostsUpTo(5)))).toBe(6);
});

test('a failure while an answer is held starts the hold anew', () => {
  const ten = given(startDiscovery(discoveryOf(), 0), 0, hostsUpTo(10));
  const broken = failed(given(ten, 1_000, []), 2_000);
  expect(count(later(broken, 1_000 + HOLD_MS))).toBe(10);
  const again = given(broken, 500_000, []);
  expect(count(later(again, 499_999 + HOLD_MS))).toBe(10);
  expect(count(later(again, 500_000 + HOLD_MS))).toBe(0);
});

test('a source that fails keeps its last good answer until that is too old, counted from the first failure', () => {
  const hosts = given(startDiscovery(discoveryOf(), 0), 0, hostsUpTo(3));
  // It had nothing new to say for a day: that is not old.
  const broken = failed(failed(later(hosts, 86_400_000), 86_400_000), 86_500_000, 'still gone');
  expect(count(broken)).toBe(3);
  expect(nextDueEpochMs(broken, 86_500_000)).toBe(86_400_000 + STALE_MS);
  expect(count(later(broken, 86_399_999 + STALE_MS))).toBe(3);
  const old = later(broken, 86_400_000 + STALE_MS);
  expect(count(old)).toBe(0);
  expect(count(given(old, 100_000_000, hostsUpTo(1)))).toBe(1);
  expect(count(given(broken, 86_600_000, hostsUpTo(2)))).toBe(2);
});

test('sources are waited for at the start; one that stays silent holds nobody back for ever; one alone is never served as empty', () => {
  const two = startDiscovery(discoveryOf([fileSourceAt(0), fileSourceAt(1)]), 0);
  const half = failed(given(two, 1_000, hostsUpTo(2), 1), 2_000);
  expect(count(half)).toBeUndefined();
  expect(nextDueEpochMs(half, 2_000)).toBe(FIRST_ANSWERS_MS);
  expect(seen(later(half, FIRST_ANSWERS_MS))).toEqual(['1: 10.0.0.1:80 healthy', '1: 10.0.0.2:80 healthy']);
  expect(count(later(failed(startDiscovery(discoveryOf(), 0), 1), 10 * STALE_MS))).toBeUndefined();
});

test('what is remembered from before a restart is served at once, and guarded by the floor', () => {
  const state = startDiscovery(discoveryOf(), 5_000, [{ hosts: hostsUpTo(10), sinceEpochMs: 4_000 }]);
  expect(count(state)).toBe(10);
  expect(discoveryReport(state, ['a']).sources[0]?.state).toBe('stale');
  expect(count(given(state, 6_000, []))).toBe(10);
  expect(count(given(state, 6_000, hostsUpTo(9)))).toBe(9);
  expect(count(later(state, 3_999 + STALE_MS))).toBe(10);
  expect(count(later(state, 4_000 + STALE_MS))).toBe(0);
  // Too old to be served, and no reason to take hosts away before anybody was asked.
  expect(
    count(startDiscovery(discoveryOf(), 4_000 + STALE_MS, [{ hosts: hostsUpTo(10), sinceEpochMs: 4_000 }])),
  ).toBeUndefined();
});

test('one host of several sources: at the first priority, by the first source that is not stale, with the worst health known', () => {
  const zone = { region: '', zone: 'b', subZone: '' };
  const sources = [fileSourceAt(0), fileSourceAt(0, { locality: zone }), fileSourceAt(1)];
  const at = host('10.0.0.1');
  let state = startDiscovery(discoveryOf(sources), 0);
  state = given(state, 0, [{ ...at, health: 'unknown', weight: 5 }]);
  state = given(state, 0, [{ ...at, health: 'healthy', weight: 7 }], 1);
  state = given(state, 0, [{ ...at, health: 'unhealthy', weight: 9 }], 2);
  expect([...(wantedHosts(state) ?? [])]).toEqual([[0, [{ ...at, health: 'unhealthy', weight: 5 }]]]);
  state = failed(failed(state, 1, 'gone', 2), 1, 'gone', 0);
  expect([...(wantedHosts(state) ?? [])]).toEqual([[0, [{ ...at, health: 'healthy', weight: 7, locality: zone }]]]);
  state = given(state, 2, [{ ...at, health: 'maintenance', weight: 5 }]);
  expect(seen(state)).toEqual(['0: 10.0.0.1:80 maintenance']);
});

test('the first priority counts, whatever the order of sources; one that an answer lacks is the other source’s to describe', () => {
  let state = startDiscovery(discoveryOf([fileSourceAt(1), fileSourceAt(0)]), 0);
  state = given(state, 0, hostsUpTo(5));
  state = given(state, 0, [host('10.0.0.1', { weight: 7 })], 1);
  expect(wantedHosts(state)?.get(0)).toEqual([host('10.0.0.1', { weight: 7 })]);
  expect(seen(state)).toHaveLength(5);

  let both = startDiscovery(discoveryOf([fileSourceAt(0), fileSourceAt(0)]), 0);
  const sick = hostsUpTo(5).map((one) => ({ ...one, health: 'unhealthy' as const }));
  both = given(given(both, 0, sick), 0, [host('10.0.0.1', { weight: 7 })], 1);
  expect(seen(both)).toContain('0: 10.0.0.1:80 unhealthy');
  both = given(both, 1, []);
  expect(wantedHosts(both)?.get(0)?.[0]).toEqual(host('10.0.0.1', { weight: 7 }));
  expect(seen(both)).toContain('0: 10.0.0.2:80 unhealthy');
});

test('reserves that a source tells itself come below its own priority', () => {
  const state = given(startDiscovery(discoveryOf([fileSourceAt(2)]), 0), 0, [host('10.0.0.1', { priority: 1 })]);
  expect([...(wantedHosts(state) ?? [])]).toEqual([[3, [host('10.0.0.1')]]]);
});

test('the report says what is held, what is stale, since when and until when', () => {
  let state = startDiscovery(discoveryOf([fileSourceAt(0), fileSourceAt(1), fileSourceAt(2)]), 0);
  state = given(given(state, 0, hostsUpTo(10)), 0, [host('10.1.0.1')], 1);
  state = failed(given(state, 1_000, [host('10.0.0.1'), host('10.0.0.99')]), 2_000, 'refused', 1);
  const leftOut = Array.from({ length: 22 }, (_, index) => `x${index}`);
  expect(discoveryReport(state, ['a', 'b', 'c'])).toEqual({
    ready: false,
    hosts: 0,
    sources: [
      {
        name: 'a',
        priority: 0,
        state: 'held',
        hosts: 11,
        answeredEpochMs: 0,
        floor: { given: 2, kept: 9, sinceEpochMs: 1_000, untilEpochMs: 1_000 + HOLD_MS },
        leftOut: [],
      },
      {
        name: 'b',
        priority: 1,
        state: 'stale',
        hosts: 1,
        answeredEpochMs: 0,
        failing: { sinceEpochMs: 2_000, problem: 'refused', untilEpochMs: 2_000 + STALE_MS },
        leftOut: [],
      },
      { name: 'c', priority: 2, state: 'waiting', hosts: 0, leftOut: [] },
    ],
  });
  state = nextDiscovery(state, { kind: 'answered', source: 2, answer: { kind: 'hosts', hosts: [], leftOut } }, 3_000);
  const report = discoveryReport(state, ['a', 'b', 'c']);
  expect([report.ready, report.hosts]).toEqual([true, 12]);
  expect(report.sources[2]?.leftOut.at(-1)).toBe('and 2 more');
  expect(discoveryReport(later(state, 2_000 + STALE_MS), []).sources[1]?.state).toBe('expired');
});

test('an answer of a source that the cluster does not have is a fault of the program', () => {
  expect(() => given(startDiscovery(discoveryOf(), 0), 0, [], 1)).toThrow('source 1 of 1');
});
