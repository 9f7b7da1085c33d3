import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type CpuProfile, readCpuProfile, startCpuProfile, topSelfTimes } from '../../../bench/xds/cpu-profile.ts';

const frame = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });

test('self times are summed by function, without the time in which nothing ran or the profiler did', () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)', '', -1) },
      { id: 2, callFrame: frame('write', 'node:net', 9) },
      { id: 3, callFrame: frame('', 'file:///x/node_modules/@grpc/grpc-js/server.js', 41) },
      // The same function, called from elsewhere.
      { id: 4, callFrame: frame('write', 'node:net', 9) },
      { id: 5, callFrame: frame('post', 'node:inspector', 114) },
    ],
    samples: [2, 1, 3, 4, 2, 5],
    timeDeltas: [1_000, 50_000, 2_000, 3_000, 2_000, 40_000],
  };
  expect(topSelfTimes(profile, 5)).toEqual([
    { where: 'write node:net:10', ms: 6, share: 0.75 },
    { where: '(anonymous) @grpc/grpc-js/server.js:42', ms: 2, share: 0.25 },
  ]);
  expect(topSelfTimes(profile, 1)).toHaveLength(1);
});

test('a profile of this process names what it did', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const end = await startCpuProfile();
  const until = performance.now() + 100;
  const countPrimes = (): number => {
    let found = 0;
    for (let number = 2; performance.now() < until; number += 1) {
      let divisor = 2;
      while (number % divisor !== 0) divisor += 1;
      if (divisor === number) found += 1;
    }
    return found;
  };
  expect(countPrimes()).toBeGreaterThan(0);
  await end(join(dir, 'own.cpuprofile'));
  const top = topSelfTimes(await readCpuProfile(join(dir, 'own.cpuprofile')), 20);
  expect(top.map(({ where }) => where)).toContainEqual(expect.stringMatching(/^countPrimes .*cpu-profile\.test\.ts:/));
});
