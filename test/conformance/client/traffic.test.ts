import { expect, test } from 'vitest';
import type { Client } from '../../../conformance/client/client.ts';
import type { ClientAnswer } from '../../../conformance/client/client-answer.ts';
import { startTraffic, type TrafficOptions } from '../../../conformance/client/traffic.ts';
import { get } from '../upstream/pool-fixture.ts';

const answered = (status: number): ClientAnswer => ({
  kind: 'answer',
  status,
  headers: {},
  trailers: {},
  body: '',
  bodyBytes: 0,
  latencyMs: 1,
  protocol: 'http/1.1',
});
const clientThat = (send: Client['send']): Client => ({
  send,
  load: () => Promise.reject(new Error('not used')),
  [Symbol.asyncDispose]: async () => undefined,
});
const traffic = (options: Partial<TrafficOptions> & Pick<TrafficOptions, 'client'>) =>
  startTraffic({
    requests: [get({ path: '/a' }), get({ path: '/b' })],
    addressOf: () => ({ host: '127.0.0.1', port: 1 }),
    requestsPerSecond: 200,
    ...options,
  });

test('the pace is kept, requests take turns, failures have their time and place', async () => {
  const startedMs = performance.now();
  const running = traffic({ client: clientThat(async (_address, { path }) => answered(path === '/b' ? 503 : 200)) });
  await expect.poll(() => running.report().sent, { timeout: 15_000 }).toBeGreaterThan(40);
  const report = await running.stop();
  const seconds = (report.endedMs - report.startedMs) / 1000;
  const { inFlight, noListener, pause } = report.dropped;
  expect(Math.abs(report.sent + inFlight + noListener + pause - seconds * 200)).toBeLessThan(30);
  expect(report.perRequest.map(({ outcomes }) => Object.keys(outcomes))).toEqual([['200'], ['503']]);
  expect(report.failed).toBe(report.perRequest[1]?.sent);
  expect(report.failures.every(({ request, atMs }) => request === 1 && atMs >= startedMs)).toBe(true);
  expect(report.latencyMs).toEqual({ p50: 1, p99: 1, max: 1 });
  expect((await running.stop()).sent).toBe(report.sent);
});

test('it waits for no answer, but not without bounds', async () => {
  const pending: (() => void)[] = [];
  const client = clientThat(() => new Promise((resolve) => pending.push(() => resolve(answered(200)))));
  const running = traffic({ client, maxInFlight: 10 });
  await expect.poll(() => running.report().dropped.inFlight, { timeout: 15_000 }).toBeGreaterThan(5);
  expect(running.report().sent).toBe(10);
  const stopping = running.stop();
  for (const release of pending) release();
  expect((await stopping).perRequest.map(({ outcomes }) => outcomes)).toEqual([{ 200: 5 }, { 200: 5 }]);
});

test('a blocked event loop is caught up with in small steps only', async () => {
  const sentAtMs: number[] = [];
  const client = clientThat(async () => {
    sentAtMs.push(performance.now());
    return answered(200);
  });
  const running = traffic({ client, requestsPerSecond: 1000, maxCatchUp: 7 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const until = performance.now() + 300; performance.now() < until; );
  const before = sentAtMs.length;
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(sentAtMs.length - before).toBeLessThanOrEqual(14);
  expect((await running.stop()).dropped.pause).toBeGreaterThan(200);
});

test('what is under way can be waited for while sending goes on', async () => {
  const waiting: (() => void)[] = [];
  const client = clientThat(() => new Promise((resolve) => waiting.push(() => resolve(answered(200)))));
  const running = traffic({ client });
  await expect.poll(() => waiting.length, { timeout: 15_000 }).toBeGreaterThan(2);
  const first = waiting.length;
  let isAnswered = false;
  const all = running.answered().then(() => {
    isAnswered = true;
  });
  await expect.poll(() => waiting.length, { timeout: 15_000 }).toBeGreaterThan(first);
  for (const answer of waiting.slice(1, first)) answer();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  waiting[0]?.();
  await all;
  const release = setInterval(() => waiting.forEach((answer) => void answer()), 5);
  await running.stop();
  clearInterval(release);
});

test('listeners that are not there, runs given up, and rates that make no sense', async () => {
  const gone = traffic({ client: clientThat(async () => answered(200)), addressOf: () => undefined });
  await expect.poll(() => gone.report().dropped.noListener, { timeout: 15_000 }).toBeGreaterThan(2);
  expect((await gone.stop()).sent).toBe(0);
  const aborted = traffic({ client: clientThat(() => Promise.reject(new Error('given up'))) });
  expect((await aborted.stop()).sent).toBe(0);
  const client = clientThat(async () => answered(200));
  expect(() => traffic({ client, requestsPerSecond: 0 })).toThrow('must be above 0');
  expect(() => traffic({ client, requests: [] })).toThrow('no requests');
});
