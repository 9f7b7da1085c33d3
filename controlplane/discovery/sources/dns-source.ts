import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Asking, askOn, type Given, RETRY, type Retry, SourceFault } from '../ask-on.ts';
import { type DiscoveredHost, hostAddress, MAX_HOSTS, weightOf } from '../discovered-host.ts';
import type { HostSource } from '../host-source.ts';

export type DnsQuestion =
  | { readonly name: string; readonly record: 'A' | 'AAAA'; readonly port: number }
  | { readonly name: string; readonly record: 'SRV' };

export type DnsPorts = {
  /** `10.0.0.53` or `10.0.0.53:5353`; default: those of the machine. */
  readonly servers?: readonly string[];
  /** For one try of one server; default 2,000. Each is tried twice. */
  readonly timeoutMs?: number;
  /** Default 1,000: an answer with a TTL of 0 is not asked for without a pause. */
  readonly leastTtlMs?: number;
  /** Default 5 min: asking more often than the TTL demands does no harm. */
  readonly mostTtlMs?: number;
  readonly retry?: Retry;
};

/** SRV records' own TTL is not told by Node's resolver (docs/decisions/0114-the-ttl-of-srv-records.md), nor is how long a name stays unknown. */
const UNTOLD_TTL_MS = 30_000;
const UNKNOWN_NAME_TTL_MS = 5_000;
/** The records of the targets of one SRV name that are asked for at once. */
const AT_ONCE = 16;
const MAX_TARGETS = 500;
const MAX_RESERVES = 8;

type Addresses = { readonly addresses: readonly string[]; readonly ttlMs: number };

/** The addresses of a name, asked for again when they expire. A name that is not there is an answer without hosts. */
export function dnsSource(question: DnsQuestion, ports: DnsPorts = {}): HostSource {
  const { servers, timeoutMs = 2_000, leastTtlMs = 1_000, mostTtlMs = 300_000, retry = RETRY } = ports;
  const port = question.record === 'SRV' ? '' : `:${question.port}`;
  const ask: Asking = async function* (signal) {
    const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
    if (servers) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const { ttlMs, ...given } = await answerOf(resolver, question);
      yield given;
      return Math.min(mostTtlMs, Math.max(leastTtlMs, ttlMs));
    } catch (error) {
      throw error instanceof SourceFault ? error : new SourceFault(wordsOf(question.name, error));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
  return askOn(`dns ${question.record} ${question.name}${port}`, ask, retry);
}

async function answerOf(resolver: Resolver, question: DnsQuestion): Promise<Given & { readonly ttlMs: number }> {
  if (question.record === 'SRV') return services(resolver, question.name);
  const { addresses, ttlMs } = await addressesOf(resolver, question.name, question.record);
  return { ...hostsAt(addresses, { port: question.port, hostname: question.name, weight: 1 }), ttlMs };
}

async function services(resolver: Resolver, name: string): Promise<Given & { readonly ttlMs: number }> {
  const records = await orNone(resolver.resolveSrv(name), []);
  // RFC 2782: a target of "." says that the service is decidedly not there.
  const targets = records.filter((record) => record.name !== '' && record.name !== '.');
  if (targets.length > MAX_TARGETS) throw new SourceFault(`${name} has more than ${MAX_TARGETS} SRV records`);
  const byName = await targetAddresses(resolver, [...new Set(targets.map((target) => target.name))]);
  const ranks = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b);
  const given = targets.map((target) => {
    const rank = Math.min(MAX_RESERVES, ranks.indexOf(target.priority));
    const { addresses = [] } = byName.get(target.name) ?? {};
    const hosts = hostsAt(addresses, { port: target.port, hostname: target.name, weight: target.weight });
    return {
      hosts: hosts.hosts.map((host) => (rank === 0 ? host : { ...host, priority: rank })),
      leftOut: [...hosts.leftOut, ...(addresses.length === 0 ? [`${target.name}: it has no address`] : [])],
    };
  });
  return {
    // Of one host at two priorities the first counts.
    hosts: given.flatMap(({ hosts }) => hosts).sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0)),
    leftOut: given.flatMap(({ leftOut }) => leftOut),
    ttlMs: Math.min(
      targets.length === 0 ? UNKNOWN_NAME_TTL_MS : UNTOLD_TTL_MS,
      ...[...byName.values()].map(({ ttlMs }) => ttlMs),
    ),
  };
}

async function targetAddresses(resolver: Resolver, names: readonly string[]): Promise<ReadonlyMap<string, Addresses>> {
  const byName = new Map<string, Addresses>();
  const left = [...names];
  const work = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const both = await Promise.all([addressesOf(resolver, name, 'A'), addressesOf(resolver, name, 'AAAA')]);
      const found = both.filter(({ addresses }) => addresses.length > 0);
      const ttls = (found.length > 0 ? found : both).map(({ ttlMs }) => ttlMs);
      byName.set(name, { addresses: both.flatMap(({ addresses }) => addresses), ttlMs: Math.min(...ttls) });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, names.length) }, work));
  return byName;
}

async function addressesOf(resolver: Resolver, name: string, record: 'A' | 'AAAA'): Promise<Addresses> {
  const asked = record === 'A' ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true });
  const records = await orNone(asked, []);
  if (records.length > MAX_HOSTS) throw new SourceFault(`${name} has more than ${MAX_HOSTS} addresses`);
  const ttlMs = records.length === 0 ? UNKNOWN_NAME_TTL_MS : Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
  return { addresses: records.map(({ address }) => address), ttlMs };
}

function hostsAt(
  addresses: readonly string[],
  { port, hostname, weight }: { readonly port: number; readonly hostname: string; readonly weight: number },
): { readonly hosts: readonly DiscoveredHost[]; readonly leftOut: readonly string[] } {
  const hosts: DiscoveredHost[] = [];
  const leftOut: string[] = [];
  for (const text of addresses) {
    const address = isIP(text) === 0 ? undefined : hostAddress(text);
    if (address === undefined || port === 0)
      leftOut.push(`${hostname}: no requests can be sent to ${text} port ${port}`);
    else hosts.push({ address, port, health: 'unknown', weight: weightOf(weight), hostname, metadata: {} });
  }
  return { hosts, leftOut };
}

/** That a name or a record of it is not there is an answer; that nobody could say is none. */
async function orNone<T>(asked: Promise<T>, none: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'ENOTFOUND' || code === 'ENODATA') return none;
    throw error;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no name server answers',
  ECONNREFUSED: 'no name server answers',
  ESERVFAIL: 'the name server failed (SERVFAIL)',
  EREFUSED: 'the name server refused',
  EBADRESP: 'the name server gave an answer that cannot be read',
  EBADNAME: 'it is no name',
};

function wordsOf(name: string, error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const known = typeof code === 'string' ? (WORDS[code] ?? code) : 'an unknown fault';
  return `${name} cannot be looked up: ${known}`;
}
