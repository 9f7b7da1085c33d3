import { z } from 'zod';
import { pause, RETRY, SourceFault } from '../../discovery/ask-on.ts';
import { jsonOf } from '../../discovery/http/http-api.ts';
import { type ConsulPorts, consulIndex, nextIndex } from '../../discovery/sources/consul-source.ts';
import { type ServiceAsking, type ServiceList, serviceList } from '../service-list.ts';

const MAX_BYTES = 64 * 1024 * 1024;
/** What an agent and a network may take beside the waiting itself. */
const GRACE_MS = 10_000;
const catalogue = z.record(z.string(), z.array(z.string()).nullish());

/**
 * The services of Consul's catalogue, by blocking queries. The tags of a service are those of all its instances, healthy or not.
 * https://developer.hashicorp.com/consul/api-docs/catalog#list-services
 */
export function consulServices(
  { tag, datacenter }: { readonly tag: string; readonly datacenter?: string },
  { api, waitMs = 120_000, leastPauseMs = 200, retry = RETRY }: ConsulPorts,
): ServiceList {
  const asked = datacenter === undefined ? [] : [['dc', datacenter] as const];
  const ask: ServiceAsking = async function* (signal) {
    let index = 0n;
    while (!signal.aborted) {
      const isFirst = index === 0n;
      const blocking = isFirst ? [] : ([['index', String(index)] as const, ['wait', `${waitMs}ms`] as const] as const);
      const timeoutMs = (isFirst ? 0 : waitMs * (1 + 1 / 16)) + GRACE_MS;
      const answer = await api.get('/v1/catalog/services', { query: [...asked, ...blocking], timeoutMs, signal });
      const read = catalogue.safeParse(await jsonOf(answer, api.origin, MAX_BYTES));
      if (!read.success) throw new SourceFault(`${api.origin} answered with no list of services`);
      const now = consulIndex(answer.headers['x-consul-index'], api.origin);
      if (isFirst || now !== index) yield Object.entries(read.data).map(([name, tags]) => ({ name, tags: tags ?? [] }));
      index = nextIndex(index, now);
      await pause(leastPauseMs, signal);
    }
    return 0;
  };
  const where = datacenter === undefined ? '' : ` (${datacenter})`;
  return serviceList(`consul services tagged ${tag}${where}`, tag, ask, retry);
}
