import { afterAll, beforeAll, expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { trafficOfExchanges } from '../../../controlplane/access-logs/traffic-of-exchanges.ts';
import type { FleetReport } from '../../../controlplane/fleet/fleet-report.ts';
import { type EdgeSums, noExchanges } from '../../../controlplane/telemetry/edge-sums.ts';
import { EDGE_WINDOW_MS } from '../../../pipeline/observe/service-map.ts';
import { storeFleetSink, TRAFFIC_KEPT_MS } from '../../../pipeline/observe/store-fleet-sink.ts';
import { storeServiceMap } from '../../../pipeline/observe/store-service-map.ts';
import type { StageName } from '../../../render/ids.ts';
import { memorySource } from '../../controlplane/serve/memory-source.ts';
import { serveStage } from '../../controlplane/serve/serve-stage.ts';
import { entry, node } from '../../controlplane/telemetry/entry.ts';
import { fleetStore } from './fleet-store.ts';

const STAGE = 'canary' as StageName;
const soon = (what: string, probe: () => boolean): Promise<true> =>
  pollUntil(what, 30_000, new AbortController().signal, async () => probe() || undefined) as Promise<true>;
const START = 1_800_000_000_000 - (1_800_000_000_000 % EDGE_WINDOW_MS);

const edge = (source: string, destination: string, requests: number, more: Partial<EdgeSums> = {}): EdgeSums => ({
  ...noExchanges(),
  fromEpochMs: START,
  toEpochMs: START + EDGE_WINDOW_MS,
  source,
  destination,
  reporter: 'caller',
  requests,
  latencyCounts: noExchanges().latencyCounts.map((_, bucket) => (bucket === 3 ? requests : 0)),
  ...more,
});
const report = (id: string, atEpochMs: number, edges: readonly EdgeSums[], stage: string = STAGE): FleetReport => ({
  id,
  stage,
  servedDigest: undefined,
  problem: undefined,
  stateSinceEpochMs: START,
  atEpochMs,
  nodes: [],
  forgotten: [],
  traffic: [],
  edges,
});

let store: Awaited<ReturnType<typeof fleetStore>>;
beforeAll(async () => {
  store = await fleetStore();
}, 60_000);
afterAll(() => store[Symbol.asyncDispose]());

test('adds windows and control planes, counts nobody twice, replaces what grew, and forgets', async () => {
  const sink = storeFleetSink(store);
  const map = async (sinceEpochMs = START, stage = STAGE) =>
    (await storeServiceMap(store).serviceMap({ stage, sinceEpochMs })).map(
      ({ source, destination, reporter, requests, failures, latencyCounts }) =>
        `${source} ${destination} ${reporter} ${requests} ${failures} ${latencyCounts[3]}`,
    );

  await sink(report('a', START + 10, [edge('web', 'cart', 5), edge('web', 'none', 1, { failures: 1 })]));
  await sink(report('b', START + 10, [edge('web', 'cart', 7)]));
  await sink(report('c', START + 10, [edge('web', 'cart', 100)], 'beta'));
  expect(await map()).toEqual(['web cart caller 12 0 12', 'web none caller 1 1 1']);

  // The window of `a` grew; a write from before arrives late.
  await sink(report('a', START + 30, [edge('web', 'cart', 9, { failures: 2 })]));
  await sink(report('a', START + 20, [edge('web', 'cart', 6)]));
  const next = { fromEpochMs: START + EDGE_WINDOW_MS, toEpochMs: START + 2 * EDGE_WINDOW_MS };
  await sink(report('a', START + EDGE_WINDOW_MS + 5, [edge('web', 'cart', 1, next)]));
  expect(await map()).toEqual(['web cart caller 17 2 17', 'web none caller 1 1 1']);
  expect(await map(START + EDGE_WINDOW_MS)).toEqual(['web cart caller 1 0 1']);

  // The callees tell of the same exchanges, and of some that no caller told of.
  const callee = { reporter: 'callee' } as const;
  const told = [
    edge('web', 'cart', 17, callee),
    edge('unknown', 'cart', 4, callee),
    edge('batch', 'cart', 3, callee),
    edge('unknown', 'mail', 2, callee),
  ];
  await sink(report('b', START + 40, told));
  expect(await map()).toEqual([
    'batch cart callee 3 0 3',
    'unknown mail callee 2 0 2',
    'web cart caller 17 2 17',
    'web none caller 1 1 1',
  ]);
  expect(await map(START, 'beta' as StageName)).toEqual(['web cart caller 100 0 100']);

  await sink(report('a', START + TRAFFIC_KEPT_MS + EDGE_WINDOW_MS + 1, []));
  expect(await map()).toEqual(['web cart caller 1 0 1']);
});

test('names from outside are names', async () => {
  const hostile = `x'); DROP TABLE meshgate.fleet_edge; --\0\u202e\ud800"\\`;
  const many = Array.from({ length: 2_500 }, (_, index) => edge(`s${index}`, hostile, 1));
  await storeFleetSink(store)(report('a', START, many, 'hostile'));
  const edges = await storeServiceMap(store).serviceMap({ stage: 'hostile' as StageName, sinceEpochMs: START });
  expect(edges).toHaveLength(2_500);
  expect(edges[0]?.destination).toBe(hostile.replace('\0', '\ufffd').toWellFormed());
});

test('a store that is gone, and control planes that begin anew or stand beside each other: the map has each request once', async () => {
  const stage = 'restarted' as StageName;
  /** A control plane that hears of so many requests while the store is there, and of so many while it is gone. */
  const hears = async (there: number, gone: number): Promise<void> => {
    const reported: number[] = [];
    const sink = storeFleetSink(store);
    await using server = await serveStage({
      stage,
      source: memorySource(),
      sink: async (made) => {
        await sink(made).catch((error: unknown) => {
          reported.push(-(made.edges ?? []).length);
          throw error;
        });
        reported.push((made.edges ?? []).length);
      },
    });
    const hear = (count: number): void => {
      const entries = Array.from({ length: count }, () => entry());
      server.telemetry.takeLog(node('web'), { logName: '', entries }, true, trafficOfExchanges(entries));
    };
    hear(there);
    // Ending brings what is left to the store.
    if (gone === 0) return;
    store.setGone(true);
    hear(gone);
    await soon('a report that failed', () => reported.some((edges) => edges < 0));
    store.setGone(false);
  };
  const requests = async (): Promise<number> => {
    const sinceEpochMs = Date.now() - 10 * EDGE_WINDOW_MS;
    const edges = await storeServiceMap(store).serviceMap({ stage, sinceEpochMs });
    return edges.reduce((sum, one) => sum + one.requests, 0);
  };
  await Promise.all([hears(3, 0), hears(4, 0)]);
  expect(await requests()).toBe(7);
  await hears(5, 6);
  expect(await requests()).toBe(18);
}, 60_000);
