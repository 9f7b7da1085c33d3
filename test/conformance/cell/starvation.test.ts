import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import {
  ownThreadWait,
  threadWaits,
  type WaitSample,
  watchStarvation,
  worstWithin,
} from '../../../conformance/cell/starvation.ts';
import { shortestLimitMs } from '../../../conformance/cell/strain.ts';
import { cluster, snapshotOf } from '../snapshot-of.ts';

const sample = (atMs: number, ownMs: number, ...threadsMs: number[]): WaitSample => ({ atMs, ownMs, threadsMs });

describe('the worst wait within a span', () => {
  const samples = [
    sample(0, 0, 0, 0),
    sample(100, 5, 60, 0),
    sample(200, 5, 120, 10),
    sample(300, 80, 120, 10),
    sample(900, 580, 130, 400),
    sample(1_000, 580, 130, 400),
  ];
  test.each<[string, number, number, number, ReturnType<typeof worstWithin>]>([
    ['one thread in two neighbouring looks', 0, 200, 200, { envoyMs: 120, ownMs: 5 }],
    ['a shorter span has less in it', 0, 200, 100, { envoyMs: 60, ownMs: 5 }],
    ['threads are not added up', 0, 300, 300, { envoyMs: 120, ownMs: 80 }],
    ['what was before and after does not count', 100, 200, 1_000, { envoyMs: 60, ownMs: 0 }],
    ['two looks far apart count as neighbours', 300, 900, 100, { envoyMs: 390, ownMs: 500 }],
    ['looks around the time in question count', 950, 960, 100, { envoyMs: 0, ownMs: 0 }],
  ])('%s', (_, from, to, span, worst) => {
    expect(worstWithin(samples, from, to, span)).toEqual(worst);
  });

  test('where the kernel does not tell, nothing is said of Envoy', () => {
    expect(worstWithin([sample(0, 0), sample(100, 40)], 0, 100, 100)).toEqual({ envoyMs: undefined, ownMs: 40 });
  });
});

test('a process that stands still knows for how long, and does not go on counting when it has stopped looking', async () => {
  const watch = watchStarvation(undefined);
  const from = performance.now();
  await sleep(30);
  while (performance.now() < from + 430);
  await sleep(30);
  expect(watch.during(from, performance.now(), 1_000).ownMs).toBeGreaterThan(250);
  watch.stop();
  const stopped = performance.now();
  await sleep(250);
  expect(watch.during(stopped, performance.now(), 1_000).ownMs).toBe(0);
});

test.skipIf(process.platform !== 'linux')(
  'a process that turns often enough knows what it waited for a core all the same',
  async () => {
    // As many as the machine has cores, and one more: they take a share of this one's, and no look comes late by much.
    const spinning = Array.from({ length: availableParallelism() + 1 }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    const watch = watchStarvation(undefined);
    const from = performance.now();
    const [queuedBefore, wantMs] = [ownThreadWait(), 300];
    try {
      // Turns of a few milliseconds of computing, until that much was waited for.
      while (ownThreadWait() - queuedBefore < wantMs && performance.now() - from < 20_000) {
        for (const until = performance.now() + 5; performance.now() < until; );
        await setImmediate();
      }
      expect(watch.during(from, performance.now(), Number.POSITIVE_INFINITY).ownMs).toBeGreaterThanOrEqual(wantMs);
    } finally {
      watch.stop();
      for (const child of spinning) child.kill('SIGKILL');
    }
  },
);

test.skipIf(process.platform !== 'linux')("only an Envoy's threads are looked at, as long as it runs", async () => {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate waits '));
  const fake = join(dir, 'envoy');
  await symlink('/bin/sleep', fake);
  const child = spawn(fake, ['60'], { stdio: 'ignore' });
  await vi.waitFor(() => expect(threadWaits(child.pid ?? 0)).toEqual([expect.any(Number)]), 5_000);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  expect(threadWaits(child.pid ?? 0)).toBeUndefined();
  expect(threadWaits(process.pid)).toBeUndefined();
  await rm(dir, { recursive: true });
});

test.each<[string, Parameters<typeof cluster>[1], number]>([
  ['a written one', { connectTimeout: '0.25s' }, 250],
  ['a second at most', { connectTimeout: '7s', idleTimeout: '300s' }, 1_000],
  ['one that is off is none', { connectTimeout: '0s' }, 1_000],
  ['never so short that any machine misses it', { connectTimeout: '0.001s' }, 20],
])('the shortest limit of a snapshot: %s', (_, more, limitMs) => {
  expect(shortestLimitMs(snapshotOf({ cluster: [cluster('a', more)] }))).toBe(limitMs);
});
