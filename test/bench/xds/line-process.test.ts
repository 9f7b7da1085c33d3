import { expect, test } from 'vitest';
import { type LineProcess, startLineProcess } from '../../../bench/xds/line-process.ts';
import { figuresOf } from '../../../bench/xds/process-figures.ts';

const start = (script: string): LineProcess => startLineProcess('it', process.execPath, ['-e', script]);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** Answers each line with the event of that name. */
const ECHO = `require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => console.log(JSON.stringify({ event: JSON.parse(line).do, pid: process.pid })));`;

test('events are taken by name, each once, and the program ends when it is disposed', async () => {
  const it = start(ECHO);
  it.tell({ do: 'second' });
  it.tell({ do: 'first' });
  expect(await it.next('first')).toEqual({ event: 'first', pid: it.pid });
  expect(await it.next('second')).toEqual({ event: 'second', pid: it.pid });
  await expect(it.next('first', 50)).rejects.toThrow('it: no "first" within 50 ms');
  await it[Symbol.asyncDispose]();
  expect(isAlive(it.pid)).toBe(false);
  await it[Symbol.asyncDispose]();
});

test('what a program says before it ends can still be taken; then its own words are the fault', async () => {
  await using it = start(`console.log('{"event":"last"}'); console.error('no more port'); process.exitCode = 3;`);
  await expect(it.next('never')).rejects.toThrow('it: it ended (exit code 3): no more port');
  expect(await it.next('last')).toEqual({ event: 'last' });
});

test('a failure that it tells, and a command that is not there', async () => {
  await using it = start(`console.log('{"event":"failed","problem":"stream 7 broke"}'); setInterval(() => {}, 1000)
    process.stdin.on('end', () => process.exit()).resume();`);
  await expect(it.next('full')).rejects.toThrow('it: stream 7 broke');
  await using none = startLineProcess('none', '/does/not/exist', []);
  await expect(none.next('ready')).rejects.toThrow('ENOENT');
});

test('killed is killed, also where it would not end by itself', async () => {
  const it = start(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('{"event":"up"}')`);
  await it.next('up');
  await it.kill();
  expect(isAlive(it.pid)).toBe(false);
});

test('the figures of a process are with those of its children', async () => {
  await using it = start(`const { spawn } = require('node:child_process');
    const held = Buffer.alloc(20 << 20, 1);
    if (process.argv[1] !== 'child') {
      const child = spawn(process.execPath, ['-e', process._eval, 'child'], { stdio: ['pipe', 'inherit', 'inherit'] });
      process.stdin.on('end', () => child.stdin.end()).resume();
    } else {
      const until = performance.now() + 100;
      while (performance.now() < until || process.cpuUsage().user < 100_000) held.fill(2);
      console.log(JSON.stringify({ event: 'worked', ...process.memoryUsage(), seconds: process.cpuUsage().user / 1e6 }));
      process.stdin.on('end', () => process.exit()).resume();
    }`);
  const worked = await it.next('worked');
  const figures = figuresOf(it.pid);
  expect(figures.cpuSeconds).toBeGreaterThan(Number(worked.seconds) * 0.8);
  expect(figures.residentMebibytes).toBeGreaterThan((Number(worked.rss) / 1024 / 1024) * 1.5);
  expect(figures.peakMebibytes).toBeGreaterThanOrEqual(figures.residentMebibytes * 0.99);
  expect(figuresOf(2 ** 22 + 1)).toEqual({ cpuSeconds: 0, residentMebibytes: 0, peakMebibytes: 0 });
});
