import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { SOCKET_NAME } from '../../../../pipeline/store/pglite/socket-directory.ts';
import { startWireServer } from '../../../../pipeline/store/pglite/wire-server.ts';
import { layCluster } from '../../../real/pglite-cluster.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const things = new AsyncDisposableStack();
let dir: string;
beforeAll(async () => {
  dir = things.use(await temporaryDirectory()).path;
  await layCluster(dir);
  const db = things.adopt(await PGlite.create(join(dir, 'pgdata')), (open) => open.close());
  things.use(await startWireServer(db, join(dir, SOCKET_NAME)));
});
afterAll(() => things.disposeAsync());
afterEach(() => void vi.useRealTimers());

async function client(): Promise<pg.Client & AsyncDisposable> {
  const one = new pg.Client({ host: dir, user: 'postgres', database: 'postgres' });
  one.on('error', () => {}); // a query of it says so
  await one.connect();
  return Object.assign(one, { [Symbol.asyncDispose]: () => one.end() });
}

/** Somebody comes and says a first word; resolves when that was heard. */
async function knock(): Promise<void> {
  const socket = connect(join(dir, SOCKET_NAME));
  socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])); // asks for TLS
  await once(socket, 'data');
  socket.destroy();
}

test('a transaction that goes on is not cut off for the time it was left before, whoever comes meanwhile', async () => {
  await using busy = await client();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await busy.query('BEGIN');
  await knock();
  vi.advanceTimersByTime(10_000);
  await busy.query('SELECT 1');
  vi.advanceTimersByTime(10_000);
  expect((await busy.query('COMMIT')).command).toBe('COMMIT');
});

test('one that is left for 15 s is rolled back, whoever comes meanwhile; the others go on', async () => {
  await using idle = await client();
  await using other = await client();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await idle.query('BEGIN');
  await idle.query('CREATE TABLE never (n int)');
  vi.advanceTimersByTime(10_000);
  await knock();
  const asked = other.query(`SELECT to_regclass('never') AS found`);
  vi.advanceTimersByTime(6_000);
  expect((await asked).rows).toEqual([{ found: null }]);
  await expect(idle.query('SELECT 1')).rejects.toThrow();
});
