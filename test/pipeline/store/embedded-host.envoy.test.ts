import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyAudit } from '../../../pipeline/audit/verify-audit.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import { takeHostLock } from '../../../pipeline/store/pglite/host-lock.ts';
import { SOCKET_NAME, socketDirectoryOf } from '../../../pipeline/store/pglite/socket-directory.ts';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import { BY_ADA, ofStage } from './sample-facts.ts';
import { startStoreProcess } from './start-store-process.ts';
import { pglitePlace } from './store-places.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const open = (location: StoreLocation): Promise<OpenStore> =>
  openStore(location, { clock: { nowEpochMs: () => Date.now() }, toolVersion: 'test' });
const dataDirOf = (location: StoreLocation): string => (location.kind === 'pglite' ? location.dataDir : '');

test('of several processes that race for a fresh directory one becomes the host; all append to one chain', async () => {
  await using place = await pglitePlace({ fresh: true });
  await using processes = new AsyncDisposableStack();
  const racers = [1, 2, 3, 4].map(() => processes.use(startStoreProcess(place.location, 'append', 8)));
  await Promise.all(racers.map((racer) => racer.says('done', 80_000)));
  await using store = await open(place.location);
  const { rows, findings } = await verifyAudit(store);
  expect({ rows, findings }).toEqual({ rows: 32, findings: [] });
});

test('a directory that is hosted is locked for every other process, and free once the host is killed', async () => {
  await using place = await pglitePlace();
  await using host = startStoreProcess(place.location, 'idle');
  await host.says('open', 60_000);
  const lock = join(dataDirOf(place.location), 'host.lock');
  expect(takeHostLock(lock)).toBeUndefined();
  const directory = socketDirectoryOf(dataDirOf(place.location));
  expect(statSync(join(directory, '.s.PGSQL.5432')).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o077).toBe(0);
  await host.kill();
  const taken = takeHostLock(lock);
  expect(taken).toBeDefined();
  expect(takeHostLock(lock)).toBeUndefined();
  taken?.[Symbol.dispose]();
});

test('when the host is killed in the middle of many commits, another takes over and nothing acknowledged is lost', async () => {
  await using place = await pglitePlace();
  let acknowledged = 0;
  for (const round of [1, 2]) {
    await using host = startStoreProcess(place.location, 'append', 100_000);
    await host.says('stored', 60_000);
    await using client = startStoreProcess(place.location, 'append', 60);
    await client.says('stored', 60_000);
    await host.kill();
    await client.says('done', 80_000);
    for (const line of [...host.lines, ...client.lines])
      acknowledged = Math.max(acknowledged, Number(/^stored (\d+)$/.exec(line)?.[1] ?? 0));
    await client.ended;
    await using store = await open(place.location);
    const { rows, findings } = await verifyAudit(store);
    expect({ round, findings }).toEqual({ round, findings: [] });
    expect(rows).toBeGreaterThanOrEqual(acknowledged);
  }
});

test('a host that dies while a store is opened is no obstacle: whoever opens takes over', async () => {
  await using place = await pglitePlace();
  mkdirSync(dataDirOf(place.location), { recursive: true, mode: 0o700 });
  const lock = takeHostLock(join(dataDirOf(place.location), 'host.lock'));
  // It takes connections and hears their first words, as a host that is alive does, and then is gone with all that it held.
  const dying = createServer((socket) => {
    socket.once('data', () => {
      socket.destroy();
      if (!dying.listening) return;
      dying.close();
      lock?.[Symbol.dispose]();
    });
  });
  dying.listen(join(socketDirectoryOf(dataDirOf(place.location)), SOCKET_NAME));
  await once(dying, 'listening');
  await using store = await open(place.location);
  expect(dying.listening).toBe(false);
  await store.transact((tx) => tx.append(BY_ADA, ofStage({ kind: 'numbered', counter: 1 })));
  expect(await store.read.audit(1, 10)).toHaveLength(1);
});

test('a store goes on through the next host by itself', async () => {
  await using place = await pglitePlace();
  await using host = startStoreProcess(place.location, 'idle');
  await host.says('open', 60_000);
  await using store = await open(place.location);
  const append = () => store.transact((tx) => tx.append(BY_ADA, ofStage({ kind: 'numbered', counter: 1 })));
  await append();
  await host.kill();
  await append();
  expect((await store.read.audit(1, 10)).length).toBe(2);
});

test('a path that is too long for a unix socket is no obstacle', async () => {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, 'a'.repeat(90), 'b'.repeat(90));
  mkdirSync(dataDir, { recursive: true });
  await using store = await open({ kind: 'pglite', dataDir });
  await using second = await open({ kind: 'pglite', dataDir });
  await store.transact((tx) => tx.append(BY_ADA, ofStage({ kind: 'numbered', counter: 3 })));
  expect((await second.read.audit(1, 10)).length).toBe(1);
});

test('statements of clients that talk at the same time are not mixed', async () => {
  await using place = await pglitePlace();
  await using store = await open(place.location);
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      const text = n % 2 === 0 ? 'SELECT $1::int AS n' : 'SELECT $1::text AS n, 1 AS one';
      return (await store.sql<{ n: number | string }>(text, [n]))[0]?.n;
    }),
  );
  expect(answers.map(Number)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  const results = await Promise.allSettled([store.sql('SELECT 1/0', []), store.sql('SELECT 1 AS n', [])]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
