import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import type { HostSource } from '../../../../controlplane/discovery/host-source.ts';
import { kubernetesApi, kubernetesSource } from '../../../../controlplane/discovery/sources/kubernetes-source.ts';
import { Answers, inShort } from '../answers.ts';
import { host } from '../hosts.ts';
import { failingSourceContract } from '../source-contract.ts';
import { KubernetesStandIn, type Slice, TOKEN } from './kubernetes-stand-in.ts';

let server: KubernetesStandIn;
beforeEach(async () => {
  server = await KubernetesStandIn.start();
});
afterEach(async () => {
  const { faults } = server;
  await server[Symbol.asyncDispose]();
  expect(faults).toEqual([]);
});

const source = (port?: string, token: () => Promise<string> = async () => TOKEN): HostSource =>
  kubernetesSource(
    { namespace: 'shop', service: 'cart', ...(port === undefined ? {} : { port }) },
    { api: kubernetesApi({ url: server.url, token }), retry: { firstMs: 20, mostMs: 100 } },
  );
const ready = (last: number): object => ({ addresses: [`127.0.9.${last}`], conditions: { ready: true } });
const slice = (name: string, endpoints: readonly object[], more: Partial<Slice> = {}): Slice => ({
  name,
  service: 'cart',
  endpoints,
  ...more,
});
const eventually = (what: string, probe: () => boolean): Promise<true> =>
  pollUntil(what, 15_000, new AbortController().signal, async () => (probe() ? true : undefined));

/** Half of the hosts in each of two slices, as a Kubernetes cuts large services. */
async function set(hosts: readonly number[]): Promise<void> {
  const middle = Math.ceil(hosts.length / 2);
  for (const [name, those] of [
    ['cart-a', hosts.slice(0, middle)],
    ['cart-b', hosts.slice(middle)],
  ] as const) {
    if (those.length > 0) server.put(slice(name, those.map(ready)));
    else server.remove(name);
  }
}

describe('then errors', () => {
  failingSourceContract('healthy', () => ({
    source: source(),
    set,
    breakIt: async () => {
      server.failWith = 503;
      server.endWatches();
    },
    mendIt: async () => {
      server.failWith = undefined;
    },
  }));
});

test('conditions, zones and names', async () => {
  const endpoint = (last: number, conditions: object | null, more: object = {}): object => ({
    addresses: [`127.0.9.${last}`, '127.0.9.99'],
    conditions,
    ...more,
  });
  server.put(
    slice('cart-a', [
      endpoint(
        1,
        { ready: true, serving: true, terminating: false },
        { zone: 'eu-a', targetRef: { kind: 'Pod', name: 'cart-1' } },
      ),
      endpoint(2, { ready: false, serving: true, terminating: true }),
      endpoint(3, { ready: false, serving: false, terminating: true }),
      endpoint(4, { ready: false, serving: false }),
      endpoint(5, {}, { hostname: 'five', targetRef: { name: 'cart-5' } }),
      endpoint(6, null),
      endpoint(7, { ready: true, serving: true, terminating: true }),
    ]),
  );
  await using answers = new Answers(source());
  const at = (last: number, more: object = {}) => host(`127.0.9.${last}`, { port: 8080, ...more });
  expect(
    await answers.until(
      ['1 healthy', '2 maintenance', '3 maintenance', '4 unhealthy', '5 healthy', '6 healthy', '7 healthy']
        .map((one) => `127.0.9.${one.replace(' ', ':8080 ')}`)
        .join(', '),
    ),
  ).toEqual({
    kind: 'hosts',
    hosts: [
      at(1, { locality: { region: '', zone: 'eu-a', subZone: '' }, hostname: 'cart-1' }),
      at(2, { health: 'maintenance' }),
      at(3, { health: 'maintenance' }),
      at(4, { health: 'unhealthy' }),
      at(5, { hostname: 'five' }),
      at(6),
      at(7),
    ],
  });
});

test('an endpoint that is in two slices while it moves is the one that is ready', async () => {
  const stale = { addresses: ['127.0.9.1'], conditions: { ready: false } };
  server.put(slice('cart-a', [stale]));
  server.put(slice('cart-b', [ready(1)]));
  server.put(slice('cart-c', [stale]));
  await using answers = new Answers(source());
  await answers.until('127.0.9.1:8080 healthy');
});

test('IPv6, and names instead of addresses, which are said to be left out', async () => {
  server.put(slice('cart-a', [{ addresses: ['fd00::1'] }], { addressType: 'IPv6' }));
  server.put(slice('cart-b', [{ addresses: ['cart.test'] }], { addressType: 'FQDN' }));
  await using answers = new Answers(source());
  expect(await answers.until('[fd00::1]:8080 healthy')).toMatchObject({
    leftOut: ['slice cart-b: it has no IP addresses (FQDN)'],
  });
});

test.each([
  [
    undefined,
    '127.0.9.1:8080 healthy',
    [
      { name: 'http', port: 8080 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  ],
  [
    'grpc',
    '127.0.9.1:9000 healthy',
    [
      { name: 'http', port: 8080 },
      { name: 'grpc', port: 9000 },
    ],
  ],
  [
    '9000',
    '127.0.9.1:9000 healthy',
    [
      { name: 'http', port: 8080 },
      { name: 'grpc', port: 9000 },
    ],
  ],
  [
    undefined,
    '127.0.9.1:8080 healthy',
    [
      { name: 'http', port: 8080 },
      { name: 'http-alt', port: 8080 },
    ],
  ],
  [
    '53',
    '127.0.9.1:53 healthy',
    [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53 },
    ],
  ],
])('port %s: %s', async (port, wanted, ports) => {
  server.put(slice('cart-a', [ready(1)], { ports }));
  await using answers = new Answers(source(port));
  await answers.until(wanted);
});

test.each([
  [
    undefined,
    [
      { name: 'http', port: 8080 },
      { name: 'grpc', port: 9000 },
    ],
    'want one TCP port, or its name in discovery; the service has http (8080), grpc (9000)',
  ],
  ['grpc', [{ name: '', port: 8080 }], 'want the port grpc; the service has without a name (8080)'],
  [undefined, [], 'want one TCP port, or its name in discovery; the service has none'],
  [undefined, [{ name: 'http' }], 'want one TCP port, or its name in discovery; the service has http (any)'],
])('port %s of %j: %s', async (port, ports, problem) => {
  server.put(slice('cart-a', [ready(1)], { ports }));
  await using answers = new Answers(source(port));
  expect(await answers.untilFailed()).toBe(problem);
});

test('more slices than fit a page are one answer', async () => {
  server.pageSize = 3;
  for (let last = 1; last <= 8; last += 1) server.put(slice(`cart-${last}`, [ready(last)]));
  await using answers = new Answers(source());
  await answers.until([1, 2, 3, 4, 5, 6, 7, 8].map((last) => `127.0.9.${last}:8080 healthy`).join(', '));
  expect(answers.all).toHaveLength(1);
  expect(server.lists).toBe(3);
});

test('a watch that ends goes on where it was, and by a bookmark from what is newer, without a list', async () => {
  server.put(slice('cart-a', [ready(1)]));
  await using answers = new Answers(source());
  await answers.until('127.0.9.1:8080 healthy');
  await eventually('a watch', () => server.watches === 1);
  server.endWatches();
  await eventually('a second watch', () => server.watches === 2);
  server.put(slice('cart-a', [ready(1), ready(2)]));
  await answers.until('127.0.9.1:8080 healthy, 127.0.9.2:8080 healthy');
  server.passOn(50);
  server.bookmark();
  server.put(slice('cart-a', [ready(2)]));
  await answers.until('127.0.9.2:8080 healthy');
  server.passOn(50);
  server.bookmark();
  server.compact();
  server.endWatches();
  await eventually('a third watch', () => server.watches === 3);
  server.put(slice('cart-a', [ready(3)]));
  await answers.until('127.0.9.3:8080 healthy');
  expect(server.lists).toBe(1);
});

test('watches that end as soon as they begin are asked for with growing pauses, and lose nothing', async () => {
  server.put(slice('cart-a', [ready(1)]));
  server.endsWatchesAtOnce = true;
  await using answers = new Answers(source());
  await answers.until('127.0.9.1:8080 healthy');
  const from = performance.now();
  const before = server.watches;
  await eventually('ten watches', () => server.watches >= before + 10);
  // The last pauses of ten are of 50 ms at least each; without them this takes no time at all.
  expect(performance.now() - from).toBeGreaterThan(200);
  server.put(slice('cart-a', [ready(1), ready(2)]));
  await answers.until('127.0.9.1:8080 healthy, 127.0.9.2:8080 healthy');
  expect(server.lists).toBe(1);
  expect(answers.all).toHaveLength(2);
});

test('410 Gone in the middle of a list of several pages begins it anew, and is no failure', async () => {
  server.pageSize = 1;
  for (const last of [1, 2, 3]) server.put(slice(`cart-${last}`, [ready(last)]));
  let asked = 0;
  const token = async (): Promise<string> => {
    asked += 1;
    if (asked === 2) {
      server.passOn(1);
      server.compact();
    }
    return TOKEN;
  };
  await using answers = new Answers(source(undefined, token));
  await answers.until('127.0.9.1:8080 healthy, 127.0.9.2:8080 healthy, 127.0.9.3:8080 healthy');
  expect(answers.all).toHaveLength(1);
});

test('410 Gone: what the server has is listed anew, and nobody hears of a failure', async () => {
  server.put(slice('cart-a', [ready(1)]));
  server.put(slice('cart-b', [ready(2)]));
  await using answers = new Answers(source());
  await answers.until('127.0.9.1:8080 healthy, 127.0.9.2:8080 healthy');
  await eventually('a watch', () => server.watches === 1);
  // Away, and what happens meanwhile is forgotten: that cart-b is gone can only be seen by listing.
  server.failWith = undefined;
  server.token = 'x';
  server.endWatches();
  await answers.untilFailed();
  server.remove('cart-b');
  server.passOn(10);
  server.compact();
  server.token = TOKEN;
  await answers.until('127.0.9.1:8080 healthy');
  server.faults.length = 0;

  server.passOn(10);
  server.compact();
  const before = answers.all.length;
  server.endWatches();
  await eventually('a list', () => server.lists >= 3);
  server.put(slice('cart-a', [ready(3)]));
  await answers.until('127.0.9.3:8080 healthy');
  expect(answers.all).toHaveLength(before + 1);
});

test('a connection that breaks off is a failure until the list is there again', async () => {
  server.put(slice('cart-a', [ready(1)]));
  await using answers = new Answers(source());
  await answers.until('127.0.9.1:8080 healthy');
  await eventually('a watch', () => server.watches === 1);
  server.cut();
  const steps = ['127.0.9.1:8080 healthy', 'failed', '127.0.9.1:8080 healthy'];
  await eventually('a failure, and hosts', () => answers.all.map(inShort).join() === steps.join());
});

test('a token is asked for each time, since they are renewed; it is in no words', async () => {
  server.put(slice('cart-a', [ready(1)]));
  let token = 'old-secret';
  await using answers = new Answers(source(undefined, async () => token));
  expect(await answers.untilFailed()).toMatch(/^http:\/\/127\.0\.0\.1:\d+ answered 401: .*Unauthorized/);
  expect(JSON.stringify(answers.all)).not.toContain('old-secret');
  token = TOKEN;
  await answers.until('127.0.9.1:8080 healthy');
  server.faults.length = 0;
});
