import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Believed,
  type DiscoveryState,
  startDiscovery,
} from '../../../controlplane/discovery/combine/discovery-state.ts';
import { nextDiscovery, nextDueEpochMs } from '../../../controlplane/discovery/combine/next-discovery.ts';
import { wantedHosts } from '../../../controlplane/discovery/combine/wanted-hosts.ts';
import { type DiscoveredHost, HOST_HEALTH, hostKey } from '../../../controlplane/discovery/discovered-host.ts';
import { orderedHosts } from '../../../controlplane/discovery/ordered-hosts.ts';
import { discoveryOf, fileSourceAt, host } from './hosts.ts';

const MAX_STALE_MS = 1_000;
const HOLD_MS = 500;
const hosts = fc
  .uniqueArray(
    fc.record({
      last: fc.integer({ min: 1, max: 12 }),
      health: fc.constantFrom(...HOST_HEALTH),
      weight: fc.integer({ min: 1, max: 3 }),
    }),
    { selector: ({ last }) => last, maxLength: 12 },
  )
  .map((those) => orderedHosts(those.map(({ last, health, weight }) => host(`10.0.0.${last}`, { health, weight }))));
const answer = fc.oneof(
  { weight: 3, arbitrary: hosts.map((those) => ({ kind: 'hosts' as const, hosts: those })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'failed' as const, problem: 'gone' }) },
);
const step = fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), source: fc.integer({ min: 0, max: 2 }), answer });
const history = fc.array(step, { maxLength: 40 });
const DISCOVERY = discoveryOf([fileSourceAt(0), fileSourceAt(0), fileSourceAt(1)], {
  maxStaleMs: MAX_STALE_MS,
  floorHoldMs: HOLD_MS,
});
const ONE = discoveryOf([fileSourceAt(0)], { maxStaleMs: MAX_STALE_MS, floorHoldMs: HOLD_MS });

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const keysOf = (those: readonly DiscoveredHost[]): ReadonlySet<string> => new Set(those.map(hostKey));
const served = (state: DiscoveryState): readonly DiscoveredHost[] => [...(wantedHosts(state)?.values() ?? [])].flat();

/** All states, each with its time and what led to it. */
function* run(discovery: typeof DISCOVERY, steps: readonly Step[]) {
  let now = 0;
  let state = startDiscovery(discovery, now);
  for (const { afterMs, source, answer: said } of steps) {
    now += afterMs;
    const before = nextDiscovery(state, { kind: 'time' }, now);
    state = nextDiscovery(before, { kind: 'answered', source: source % discovery.sources.length, answer: said }, now);
    yield { before, state, now, said };
  }
}

test('no host is served twice, hosts are in order, and every one was given by a source', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const given = new Set<string>();
      for (const { state, said } of run(DISCOVERY, steps)) {
        if (said.kind === 'hosts') for (const key of keysOf(said.hosts)) given.add(key);
        const all = served(state).map(hostKey);
        expect(new Set(all).size).toBe(all.length);
        expect(all.every((key) => given.has(key))).toBe(true);
        for (const those of wantedHosts(state)?.values() ?? []) expect(those).toEqual(orderedHosts(those));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('one source: within a hold answers never take more than the floor allows, a failure nothing, and what is given now is always served as given', () => {
  fc.assert(
    fc.property(history, (steps) => {
      /** Answers that were believed, each until another one was; none from before one that was waited for. */
      let earlier: { readonly hosts: number; readonly until: number }[] = [];
      let standing: Believed | undefined;
      for (const { before, state, now, said } of run(ONE, steps)) {
        const were = served(before);
        const are = served(state);
        const believed = before.sources[0]?.believed;
        if (believed !== standing) earlier = [];
        standing = state.sources[0]?.believed;
        if (said.kind === 'failed') {
          expect(are).toEqual(were);
          continue;
        }
        const byKey = new Map(are.map((one) => [hostKey(one), one]));
        for (const one of said.hosts) expect(byKey.get(hostKey(one))).toEqual(one);
        const lately = earlier.filter(({ until }) => now - until < HOLD_MS).map(({ hosts: count }) => count);
        const most = Math.max(believed?.hosts.length ?? 0, ...lately);
        if (believed && most > said.hosts.length * 2)
          for (const key of keysOf(believed.hosts)) expect(byKey.has(key)).toBe(true);
        else expect(are).toEqual(said.hosts);
        if (believed && standing !== believed) earlier.push({ hosts: believed.hosts.length, until: now });
      }
    }),
    { numRuns: 2_000 },
  );
});

test('one source: whatever was before, an answer that stands is served alone in the end, and a failure that stands leaves nothing', () => {
  fc.assert(
    fc.property(history, answer, (steps, last) => {
      let state = startDiscovery(ONE, 0);
      let now = 0;
      for (const reached of run(ONE, steps)) ({ state, now } = reached);
      state = nextDiscovery(state, { kind: 'answered', source: 0, answer: last }, now);
      for (let due = nextDueEpochMs(state, now); due !== undefined; due = nextDueEpochMs(state, now)) {
        now = due;
        state = nextDiscovery(state, { kind: 'time' }, now);
      }
      expect(served(state)).toEqual(last.kind === 'hosts' ? last.hosts : []);
    }),
    { numRuns: 2_000 },
  );
});

test('nothing changes by time before it is due', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 0, max: 5_000 }), (steps, wait) => {
      for (const { state, now } of run(DISCOVERY, steps)) {
        const due = nextDueEpochMs(state, now) ?? Number.POSITIVE_INFINITY;
        const soon = Math.min(now + wait, due - 1);
        expect(nextDiscovery(state, { kind: 'time' }, soon)).toEqual(state);
      }
    }),
    { numRuns: 500 },
  );
});

test('what sources say at one moment may come in any order', () => {
  fc.assert(
    fc.property(fc.tuple(hosts, hosts, hosts), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (given, order) => {
      const after = (sources: readonly number[]): DiscoveryState =>
        sources.reduce(
          (state, source) =>
            nextDiscovery(
              state,
              { kind: 'answered', source, answer: { kind: 'hosts', hosts: given[source] ?? [] } },
              1,
            ),
          startDiscovery(DISCOVERY, 0),
        );
      expect(after(order)).toEqual(after([0, 1, 2]));
    }),
    { numRuns: 500 },
  );
});
