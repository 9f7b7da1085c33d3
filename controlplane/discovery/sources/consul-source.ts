import { type Asking, askOn, type Given, pause, RETRY, type Retry, SourceFault } from '../ask-on.ts';
import type { HostSource } from '../host-source.ts';
import { type HttpApi, type HttpEndpoint, httpApi, jsonOf } from '../http/http-api.ts';
import { consulHosts } from './consul-hosts.ts';

export type ConsulQuestion = {
  readonly service: string;
  readonly tags: readonly string[];
  readonly datacenter?: string;
};

export type ConsulPorts = {
  readonly api: HttpApi;
  /** How long a question stays open while nothing changes; default 2 min. Consul adds up to a sixteenth of it. */
  readonly waitMs?: number;
  /** Between two questions at least, however often the service changes; default 200 ms. */
  readonly leastPauseMs?: number;
  readonly retry?: Retry;
};

export const consulApi = (endpoint: HttpEndpoint): HttpApi =>
  httpApi(endpoint, (token) => ({ 'x-consul-token': token }));

const MAX_BYTES = 64 * 1024 * 1024;
/** What an agent and a network may take beside the waiting itself. */
const GRACE_MS = 10_000;

/**
 * A service of Consul with the health of its hosts, by blocking queries: https://developer.hashicorp.com/consul/api-docs/features/blocking.
 * All hosts are asked for, not those that pass alone, so that one in maintenance is told from one that is gone.
 */
export function consulSource(question: ConsulQuestion, ports: ConsulPorts): HostSource {
  const { api, waitMs = 120_000, leastPauseMs = 200, retry = RETRY } = ports;
  const { service, tags, datacenter } = question;
  const asked = [
    ...(datacenter === undefined ? [] : [['dc', datacenter] as const]),
    ...tags.map((tag) => ['tag', tag] as const),
  ];
  const ask: Asking = async function* (signal) {
    // After a fault it is asked without an index: a Consul that was set up anew counts from the beginning, and would keep us waiting.
    let index = 0n;
    while (!signal.aborted) {
      const blocking =
        index === 0n
          ? []
          : ([
              ['index', String(index)],
              ['wait', `${waitMs}ms`],
            ] as const);
      const timeoutMs = (index === 0n ? 0 : waitMs * (1 + 1 / 16)) + GRACE_MS;
      const answer = await api.get(`/v1/health/service/${encodeURIComponent(service)}`, {
        query: [...asked, ...blocking],
        timeoutMs,
        signal,
      });
      const value = await jsonOf(answer, api.origin, MAX_BYTES);
      const now = consulIndex(answer.headers['x-consul-index'], api.origin);
      const isFiltered = answer.headers['x-consul-results-filtered-by-acls'] === 'true';
      if (index === 0n || now !== index) yield withFiltered(consulHosts(value, api.origin), isFiltered);
      index = nextIndex(index, now);
      await pause(leastPauseMs, signal);
    }
    return 0;
  };
  const more = [...(datacenter === undefined ? [] : [datacenter]), ...tags];
  return askOn(`consul ${service}${more.length > 0 ? ` (${more.join(', ')})` : ''}`, ask, retry);
}

/** An index that goes backwards starts from the beginning; one below 1 would not block. */
export const nextIndex = (before: bigint, now: bigint): bigint => (now < before ? 0n : now < 1n ? 1n : now);

export function consulIndex(header: string | readonly string[] | undefined, origin: string): bigint {
  if (typeof header !== 'string' || !/^\d{1,20}$/.test(header))
    throw new SourceFault(`${origin} gives no X-Consul-Index: it is no Consul`);
  return BigInt(header);
}

/** Consul says no more than that: an answer without hosts may well be one for a token that may see none. */
const withFiltered = ({ hosts, leftOut = [] }: Given, isFiltered: boolean): Given =>
  isFiltered ? { hosts, leftOut: [...leftOut, 'hosts that the token may not see'] } : { hosts, leftOut };
