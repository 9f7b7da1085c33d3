import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import { type DnsPorts, dnsSource } from '../../../../controlplane/discovery/sources/dns-source.ts';
import { Answers } from '../answers.ts';
import { host } from '../hosts.ts';
import { failingSourceContract } from '../source-contract.ts';
import { type DnsRecord, DnsServer } from './dns-server.ts';

let server: DnsServer;
let ports: DnsPorts;
beforeAll(async () => {
  server = await DnsServer.start();
  ports = {
    servers: [server.address],
    timeoutMs: 250,
    leastTtlMs: 20,
    mostTtlMs: 100,
    retry: { firstMs: 10, mostMs: 50 },
  };
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.mood = 'answers';
  server.zone.clear();
  server.asked.length = 0;
});

const a = (address: string, ttl = 0): DnsRecord => ({ type: 'A', address, ttl });
const aaaa = (address: string, ttl = 0): DnsRecord => ({ type: 'AAAA', address, ttl });
const srv = (target: string, more: Partial<Extract<DnsRecord, { type: 'SRV' }>> = {}): DnsRecord => ({
  type: 'SRV',
  target,
  port: 8080,
  priority: 10,
  weight: 1,
  ttl: 0,
  ...more,
});
const timesAsked = (question: string): number => server.asked.filter((one) => one === question).length;
const askedMoreThan = (question: string, times: number): Promise<true> =>
  pollUntil(`${question} asked more than ${times} times`, 15_000, new AbortController().signal, async () =>
    timesAsked(question) > times ? true : undefined,
  );

describe.each([
  ['SERVFAIL', 'fails'],
  ['no answer', 'silent'],
  ['rubbish', 'rubbish'],
] as const)('A, then %s', (_, mood) => {
  failingSourceContract('unknown', () => ({
    source: dnsSource({ name: 'api.test', record: 'A', port: 8080 }, ports),
    set: async (hosts) =>
      void server.zone.set(
        'api.test',
        hosts.map((last) => a(`127.0.9.${last}`)),
      ),
    breakIt: async () => {
      server.mood = mood;
    },
    mendIt: async () => {
      server.mood = 'answers';
    },
  }));
});

test('a name is asked for again when its shortest TTL is over, and not before', async () => {
  server.zone.set('api.test', [a('127.0.9.1', 3_600), a('127.0.9.2', 1)]);
  server.zone.set('long.test', [a('127.0.9.1', 3_600)]);
  // Patient: what is asked twice for want of an answer would be counted.
  const wide = { ...ports, mostTtlMs: 86_400_000, timeoutMs: 10_000 };
  const startedAt = performance.now();
  await using short = new Answers(dnsSource({ name: 'api.test', record: 'A', port: 8080 }, wide));
  await using long = new Answers(dnsSource({ name: 'long.test', record: 'A', port: 8080 }, wide));
  await short.until('127.0.9.1:8080 unknown, 127.0.9.2:8080 unknown');
  await long.until('127.0.9.1:8080 unknown');
  await askedMoreThan('A api.test', 2);
  // Two times a second went by: more is this machine's load, less would be asking too early.
  expect(performance.now() - startedAt).toBeGreaterThan(1_950);
  expect(timesAsked('A long.test')).toBe(1);
});

test('a name that is not there is an answer without hosts, and so is one without such records', async () => {
  server.zone.set('other.test', [a('127.0.9.1')]);
  await using none = new Answers(dnsSource({ name: 'no.test', record: 'A', port: 80 }, ports));
  await using six = new Answers(dnsSource({ name: 'other.test', record: 'AAAA', port: 80 }, ports));
  await none.until('none');
  await six.until('none');
});

test('AAAA: addresses in one spelling, without those that no request can be sent to', async () => {
  server.zone.set('six.test', [aaaa('fd00::2'), aaaa('ff02::1'), aaaa('::')]);
  await using answers = new Answers(dnsSource({ name: 'six.test', record: 'AAAA', port: 80 }, ports));
  expect(await answers.until('[fd00::2]:80 unknown')).toMatchObject({
    leftOut: [
      'six.test: no requests can be sent to :: port 80',
      'six.test: no requests can be sent to ff02::1 port 80',
    ],
  });
});

test('SRV: ports, weights, and reserves by their order; targets without an address are said', async () => {
  server.zone.set('_http._tcp.test', [
    srv('one.test', { weight: 30, priority: 5 }),
    srv('two.test', { port: 9090, weight: 0, priority: 5 }),
    srv('two.test', { port: 9090, priority: 70 }),
    srv('three.test', { priority: 20 }),
    srv('none.test', { priority: 20 }),
    srv('one.test', { port: 0 }),
    srv('.', { port: 0 }),
  ]);
  server.zone.set('one.test', [a('127.0.9.1'), aaaa('fd00::1')]);
  server.zone.set('two.test', [a('127.0.9.2')]);
  server.zone.set('three.test', [a('127.0.9.3')]);
  await using answers = new Answers(dnsSource({ name: '_http._tcp.test', record: 'SRV' }, ports));
  const at = (address: string, more: object) => host(address, { health: 'unknown', port: 8080, ...more });
  expect(
    await answers.until(
      '127.0.9.1:8080 unknown, 127.0.9.2:9090 unknown, 127.0.9.3:8080 unknown, [fd00::1]:8080 unknown',
    ),
  ).toEqual({
    kind: 'hosts',
    hosts: [
      at('127.0.9.1', { weight: 30, hostname: 'one.test' }),
      at('127.0.9.2', { port: 9090, hostname: 'two.test' }),
      at('127.0.9.3', { hostname: 'three.test', priority: 2 }),
      at('fd00::1', { weight: 30, hostname: 'one.test' }),
    ],
    leftOut: [
      'none.test: it has no address',
      'one.test: no requests can be sent to 127.0.9.1 port 0',
      'one.test: no requests can be sent to fd00::1 port 0',
    ],
  });
  server.zone.set('two.test', []);
  await answers.until('127.0.9.1:8080 unknown, 127.0.9.3:8080 unknown, [fd00::1]:8080 unknown');
});

test('a target whose addresses nobody can say fails the whole answer: half of the hosts is none', async () => {
  server.zone.set('_http._tcp.test', [srv('one.test')]);
  server.zone.set('one.test', [a('127.0.9.1')]);
  await using answers = new Answers(dnsSource({ name: '_http._tcp.test', record: 'SRV' }, ports));
  await answers.until('127.0.9.1:8080 unknown');
  server.mood = 'fails';
  expect(await answers.untilFailed()).toBe('_http._tcp.test cannot be looked up: the name server failed (SERVFAIL)');
});
