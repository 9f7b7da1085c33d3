import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DiscoveryReport } from '../../../controlplane/discovery/combine/discovery-report.ts';
import { discoverCluster } from '../../../controlplane/discovery/discover-cluster.ts';
import { hostKey } from '../../../controlplane/discovery/discovered-host.ts';
import { discoveryOf, fileSourceAt, host, hostsUpTo } from './hosts.ts';
import { ToldSource } from './told-source.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const stop = new Set<AbortController>();
afterEach(() => {
  for (const one of stop) one.abort();
});

function start(more: Partial<Parameters<typeof discoverCluster>[0]> = {}) {
  const sources = [new ToldSource('consul shop'), new ToldSource('dns shop.test')];
  const wanted: string[] = [];
  const reports: DiscoveryReport[] = [];
  const believed: unknown[] = [];
  const ending = new AbortController();
  stop.add(ending);
  const done = discoverCluster(
    {
      discovery: discoveryOf([fileSourceAt(0), fileSourceAt(1)]),
      sources,
      nowEpochMs: () => Date.now(),
      onWanted: (hosts) =>
        wanted.push([...hosts].map(([priority, those]) => `${priority}: ${those.map(hostKey).join(' ')}`).join('; ')),
      onReport: (report) => reports.push(report),
      onBelieved: (those) => believed.push(those),
      ...more,
    },
    ending.signal,
  );
  const [first, second] = sources as [ToldSource, ToldSource];
  return { first, second, wanted, reports, believed, done, end: () => ending.abort() };
}
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('told when all have answered, then of each change and of nothing else; what is held is believed by its own time', async () => {
  const { first, second, wanted, reports, done, end } = start();
  first.tell(hostsUpTo(4));
  await settle();
  expect(wanted).toEqual([]);
  second.tell([host('10.9.0.1')]);
  await settle();
  const four = '0: 10.0.0.1:80 10.0.0.2:80 10.0.0.3:80 10.0.0.4:80; 1: 10.9.0.1:80';
  expect(wanted).toEqual([four]);
  first.tell(hostsUpTo(4));
  second.tell('refused');
  await settle();
  expect(wanted).toEqual([four]);
  expect(reports.at(-1)?.sources.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'consul shop current',
    'dns shop.test stale',
  ]);
  first.tell([]);
  await vi.advanceTimersByTimeAsync(299_999);
  expect(wanted).toEqual([four]);
  await vi.advanceTimersByTimeAsync(1);
  expect(wanted).toEqual([four, '1: 10.9.0.1:80']);
  await vi.advanceTimersByTimeAsync(3_300_000);
  expect(wanted.at(-1)).toBe('');
  end();
  await done;
  expect([first.watching, second.watching, vi.getTimerCount()]).toEqual([0, 0, 0]);
});

test('health, weights and metadata are changes', async () => {
  const told: unknown[] = [];
  const { first, second } = start({ onWanted: (wanted) => told.push(wanted.get(0)?.[0]) });
  second.tell([]);
  const changes = [
    {},
    { health: 'unhealthy' },
    { weight: 2 },
    { metadata: { a: 1 } },
    { locality: { region: '', zone: 'a', subZone: '' } },
  ] as const;
  for (const more of changes) first.tell([host('10.0.0.1', more)]);
  await settle();
  expect(told).toEqual(changes.map((more) => host('10.0.0.1', more)));
});

test('what is believed is told, to be remembered, and a restart goes on from it', async () => {
  const { first, second, believed } = start();
  first.tell(hostsUpTo(2));
  await settle();
  second.tell([]);
  first.tell('gone');
  await settle();
  expect(believed).toEqual([
    [{ hosts: hostsUpTo(2) }, undefined],
    [{ hosts: hostsUpTo(2) }, { hosts: [] }],
    [{ hosts: hostsUpTo(2), failingSinceEpochMs: 1_000_000 }, { hosts: [] }],
  ]);
  const remembered = [
    { hosts: hostsUpTo(2), sinceEpochMs: Date.now() - 60_000 },
    { hosts: [], sinceEpochMs: Date.now() - 60_000 },
  ];
  const again = start({ remembered });
  expect(again.wanted).toEqual(['0: 10.0.0.1:80 10.0.0.2:80']);
});

test('a callback that throws ends it all, with what was thrown', async () => {
  const { first, second, done } = start({
    onWanted: () => {
      throw new Error('no room');
    },
  });
  first.tell([]);
  second.tell([]);
  await expect(done).rejects.toThrow('no room');
  await settle();
  expect([first.watching, second.watching, vi.getTimerCount()]).toEqual([0, 0, 0]);
});

test('as many sources as the cluster has', async () => {
  await expect(start({ sources: [] }).done).rejects.toThrow('0 sources for the 2 of the cluster');
});
