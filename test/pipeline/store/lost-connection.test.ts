import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { connections } from '../../../pipeline/store/connections.ts';

/** Says what a PostgreSQL server says to a client that needs no password, and nothing more. */
const WELCOME = Buffer.from([
  ...[0x52, 0, 0, 0, 8, 0, 0, 0, 0], // AuthenticationOk
  ...[0x5a, 0, 0, 0, 5, 0x49], // ReadyForQuery, idle
]);

test('a connection that is lost as it is lent is a fault of that use, and ends nothing else', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(WELCOME));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    await using lent = connections({ host: '127.0.0.1', port, user: 'x', database: 'x' }, async () => undefined);
    // The error comes after the pool let go of the client and before `use` took hold of it.
    lent.pool.on('acquire', (client) => {
      process.nextTick(() => client.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    });
    const unheard: unknown[] = [];
    const onUnheard = (error: unknown): void => void unheard.push(error);
    process.on('uncaughtException', onUnheard);
    try {
      await lent.use(async () => 'lent').catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unheard).toEqual([]);
    } finally {
      process.off('uncaughtException', onUnheard);
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
