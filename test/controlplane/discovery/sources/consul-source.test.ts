import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import { consulHosts } from '../../../../controlplane/discovery/sources/consul-hosts.ts';
import { consulApi, consulSource, nextIndex } from '../../../../controlplane/discovery/sources/consul-source.ts';
import { Answers } from '../answers.ts';

// What a real Consul does seldom, or never while a test waits for it. The real one: consul-source.envoy.test.ts.

/** Of each question: its query, and how it is answered. */
let asked: string[];
let script: ((response: ServerResponse) => void)[];
let server: Server;
beforeEach(async () => {
  asked = [];
  script = [];
  server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://x').search);
    // What is not in the script blocks, as a question does while nothing changes.
    script.shift()?.(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const entry = (last: number): object => ({
  Node: { Node: 'n', Address: '10.0.0.1', Meta: null },
  Service: { ID: `s${last}`, Address: `127.0.9.${last}`, Port: 8080, Meta: {}, Weights: { Passing: 1, Warning: 1 } },
  Checks: [{ CheckID: 'serfHealth', Status: 'passing' }],
});
const hosts =
  (index: string, all: readonly number[], more: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response
      .setHeaders(new Map([['x-consul-index', index], ...Object.entries(more)]))
      .end(JSON.stringify(all.map(entry)));
const start = (): Answers =>
  new Answers(
    consulSource(
      { service: 'shop', tags: [] },
      {
        api: consulApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/consul/` }),
        waitMs: 60_000,
        leastPauseMs: 1,
        retry: { firstMs: 1, mostMs: 5 },
      },
    ),
  );
const eventually = (what: string, probe: () => boolean): Promise<true> =>
  pollUntil(what, 15_000, new AbortController().signal, async () => (probe() ? true : undefined));

test('an index that goes backwards is asked without one next, and one of 0 is asked as 1', async () => {
  script = [hosts('18446744073709551615', [1]), hosts('7', [2]), hosts('9', [2]), hosts('0', [3]), hosts('0', [4])];
  await using answers = start();
  await answers.until('127.0.9.4:8080 healthy');
  await eventually('six questions', () => asked.length === 6);
  expect(asked).toEqual([
    '',
    '?index=18446744073709551615&wait=60000ms',
    '',
    '?index=9&wait=60000ms',
    '',
    '?index=1&wait=60000ms',
  ]);
});

test('a question that ended by its own time says nothing new', async () => {
  script = [hosts('7', [1]), hosts('7', [1]), hosts('7', [1])];
  await using answers = start();
  await eventually('four questions', () => asked.length === 4);
  expect(answers.all).toHaveLength(1);
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ['no JSON', (response) => response.setHeader('x-consul-index', '8').end('<html>'), /something that is no JSON$/],
  ['no index', (response) => response.end('[]'), /gives no X-Consul-Index: it is no Consul$/],
  ['an index that is none', (response) => response.setHeader('x-consul-index', '-1').end('[]'), /no X-Consul-Index/],
  ['no list', (response) => response.setHeader('x-consul-index', '8').end('{}'), /no list of hosts$/],
  [
    'a strange entry',
    (response) => response.setHeader('x-consul-index', '8').end('[{"Node":1}]'),
    /an entry that cannot be read$/,
  ],
  [
    'half an answer',
    (response) => {
      response.writeHead(200, { 'x-consul-index': '8', 'content-length': '100' });
      response.write('[');
      setTimeout(() => response.destroy(), 10);
    },
    /broke off its answer$/,
  ],
  [
    'an error',
    (response) => response.writeHead(500).end('No cluster leader\nmore'),
    /answered 500: No cluster leader$/,
  ],
  [
    'a redirect',
    (response) => response.writeHead(302, { location: 'http://elsewhere.test' }).end(),
    /answered 302: without a word$/,
  ],
])('%s is a failure, and the next question is asked without an index', async (_, answer, problem) => {
  script = [hosts('7', [1]), answer];
  await using answers = start();
  expect(await answers.untilFailed()).toMatch(problem);
  await eventually('three questions', () => asked.length === 3);
  expect(asked).toEqual(['', '?index=7&wait=60000ms', '']);
});

test('an answer that its access control has thinned out says so', async () => {
  script = [hosts('7', [], { 'x-consul-results-filtered-by-acls': 'true' })];
  await using answers = start();
  expect(await answers.until('none')).toMatchObject({ leftOut: ['hosts that the token may not see'] });
});

test('indexes', () => {
  expect([nextIndex(0n, 5n), nextIndex(5n, 5n), nextIndex(5n, 4n), nextIndex(0n, 0n), nextIndex(1n, 0n)]).toEqual([
    5n,
    5n,
    0n,
    1n,
    0n,
  ]);
});

test.each([
  [
    'a host that is registered twice is what the worse of them says',
    [entry(1), { ...entry(1), Checks: [{ CheckID: '_node_maintenance', Status: 'critical' }] }],
    ['maintenance', 1],
  ],
  [
    'maintenance stands before another check that fails',
    [
      {
        ...entry(1),
        Checks: [
          { CheckID: 'a', Status: 'critical' },
          { CheckID: '_service_maintenance:s1', Status: 'critical' },
        ],
      },
    ],
    ['maintenance', 1],
  ],
  [
    'a check named like maintenance that passes is none',
    [{ ...entry(1), Checks: [{ CheckID: '_node_maintenance', Status: 'passing' }] }],
    ['healthy', 1],
  ],
  ['without checks nobody looks', [{ ...entry(1), Checks: [] }], ['unknown', 1]],
  [
    'a weight of 0 is no requests',
    [{ ...entry(1), Service: { ID: 's', Address: '127.0.9.1', Port: 80, Meta: { weight: '0' } } }],
    ['maintenance', 1],
  ],
  [
    'a weight that is no number is none',
    [{ ...entry(1), Service: { ID: 's', Address: '127.0.9.1', Port: 80, Meta: { weight: 'x' } } }],
    ['healthy', 1],
  ],
  [
    'a weight that nobody wrote is none',
    [{ ...entry(1), Service: { ID: 's', Address: '127.0.9.1', Port: 80, Meta: { weight: '' } } }],
    ['healthy', 1],
  ],
  [
    'a weight beyond all is the most',
    [{ ...entry(1), Service: { ID: 's', Address: '127.0.9.1', Port: 80, Meta: { weight: '1e9' } } }],
    ['healthy', 65_535],
  ],
])('%s', (_, entries, wanted) => {
  const given = consulHosts(entries, 'x').hosts;
  expect(given.map(({ health, weight }) => [health, weight])).toEqual([wanted]);
});
