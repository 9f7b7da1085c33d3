import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { type Doors, openDoors } from '../../../conformance/upstream/doors.ts';

/** Connects `many` times to `port` from a thread of its own, while the one that listens stands still, and says when all are in line. */
const CROWD = `
  const { connect } = require('node:net');
  const { workerData } = require('node:worker_threads');
  const { port, many, shared } = workerData;
  const there = new Int32Array(shared);
  for (let i = 0; i < many; i += 1)
    connect(port, '127.0.0.1', () => { Atomics.add(there, 0, 1); Atomics.notify(there, 0); }).on('error', () => {});
`;

async function inLine(port: number, many: number): Promise<AsyncDisposable> {
  const shared = new SharedArrayBuffer(4);
  const there = new Int32Array(shared);
  const worker = new Worker(CROWD, { eval: true, workerData: { port, many, shared } });
  await once(worker, 'online');
  for (let seen = 0; seen < many; seen = Atomics.load(there, 0)) {
    if (Atomics.wait(there, 0, seen, 20_000) === 'timed-out') throw new Error(`${seen} of ${many} got in line`);
  }
  return { [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

async function lobby(alone: boolean): Promise<AsyncDisposable & { doors: Doors; let(many: number): Promise<number> }> {
  const sockets: Socket[] = [];
  const onConnection = (socket: Socket): void => {
    socket.on('error', () => {});
    sockets.push(socket);
  };
  const doors = await openDoors({ host: '127.0.0.1', alone, onConnection });
  return {
    doors,
    /** Turns of the loop until all of so many that stand in line are in. */
    async let(many) {
      const before = sockets.length;
      await using _crowd = await inLine(doors.port, many);
      let turns = 0;
      for (; sockets.length < before + many; turns += 1) await turn();
      return turns;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await doors.close();
    },
  };
}

const MANY = 64;

test.skipIf(process.platform !== 'linux')('a crowd is let in by several at once, once there has been one', async () => {
  await using house = await lobby(false);
  expect(await house.let(3)).toBeGreaterThanOrEqual(3);
  expect(await house.let(MANY)).toBeLessThan(MANY / 2);
});

test('a door that is to be alone stays alone, whoever comes', async () => {
  await using house = await lobby(true);
  await house.let(3);
  expect(await house.let(MANY)).toBeGreaterThanOrEqual(MANY);
});

test.each([false, true])('when it is closed nobody gets in any more (alone: %s)', async (alone) => {
  await using house = await lobby(alone);
  await house.let(3);
  const closed = house.doors.close();
  const [error] = (await once(connect(house.doors.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
  await house[Symbol.asyncDispose]();
  await closed;
});

test("a port that is another's is refused", async () => {
  await using first = await lobby(true);
  const onConnection = (): void => {};
  await expect(
    openDoors({ host: '127.0.0.1', port: first.doors.port, alone: true, onConnection }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
