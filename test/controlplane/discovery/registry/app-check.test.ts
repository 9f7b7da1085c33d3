import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchApp } from '../../../../controlplane/discovery/registry/app-check.ts';

/** What the app answers, one look after the other; then nothing more is asked. */
let answers: (number | 'silence' | 'cut')[];
let looks: number;
let app: Server;
const ending: AbortController[] = [];
beforeEach(async () => {
  looks = 0;
  app = createServer((request, response) => {
    looks += 1;
    const answer = answers.shift() ?? 200;
    if (answer === 'cut') request.socket.destroy();
    else if (answer !== 'silence') response.writeHead(answer, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => {
    app.listen(0, '127.0.0.1', resolve);
  });
});
afterEach(async () => {
  for (const one of ending.splice(0)) one.abort();
  app.closeAllConnections();
  await new Promise((resolve) => {
    app.close(resolve);
  });
});

/** The first `count` things said of the app, each with the look that it was said after. */
async function said(
  count: number,
  more: { readonly failures?: number; readonly timeoutMs?: number } = {},
): Promise<readonly string[]> {
  const ended = new AbortController();
  ending.push(ended);
  const all: string[] = [];
  const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/healthz`;
  for await (const health of watchApp({ url, everyMs: 1, timeoutMs: 10_000, ...more }, ended.signal)) {
    all.push(`${looks} ${health}`);
    if (all.length === count) ended.abort();
  }
  return all;
}

test('one failure is no illness, two in a row are; one success is health', async () => {
  answers = [200, 503, 200, 503, 503, 503, 204];
  expect(await said(3)).toEqual(['1 healthy', '5 unhealthy', '7 healthy']);
});

test('an app that starts gets nothing on credit', async () => {
  answers = [503, 503, 200];
  expect(await said(2)).toEqual(['1 unhealthy', '3 healthy']);
});

test('how many failures are an illness may be said', async () => {
  answers = [200, 500, 500, 200, 500, 500, 500];
  expect(await said(2, { failures: 3 })).toEqual(['1 healthy', '7 unhealthy']);
});

test('a redirect and a broken connection are failures', async () => {
  answers = [200, 302, 'cut', 200];
  expect(await said(3)).toEqual(['1 healthy', '3 unhealthy', '4 healthy']);
});

test('no answer in time is a failure', async () => {
  answers = ['silence'];
  expect(await said(1, { timeoutMs: 100 })).toEqual(['1 unhealthy']);
});

test('it ends when aborted, while it waits for an answer too', async () => {
  answers = ['silence'];
  const ended = new AbortController();
  app.once('request', () => ended.abort());
  const all: string[] = [];
  const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/`;
  for await (const health of watchApp({ url, timeoutMs: 60_000 }, ended.signal)) all.push(health);
  expect(all).toEqual([]);
});
