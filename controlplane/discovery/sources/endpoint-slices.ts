import { z } from 'zod';
import { type Given, SourceFault } from '../ask-on.ts';
import { type DiscoveredHost, type HostHealth, hostAddress, hostKey, MAX_HOSTS } from '../discovered-host.ts';

const condition = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
const endpoint = z.object({
  addresses: z.array(z.string()),
  conditions: z.object({ ready: condition, serving: condition, terminating: condition }).nullish(),
  hostname: z.string().nullish(),
  targetRef: z.object({ name: z.string().nullish() }).nullish(),
  zone: z.string().nullish(),
});
const slicePort = z.object({
  name: z.string().nullish(),
  port: z.number().nullish(),
  protocol: z.string().nullish(),
});
// What is read of a `discovery.k8s.io/v1` EndpointSlice.
const slice = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z
      .record(z.string(), z.string())
      .nullish()
      .transform((value) => value ?? {}),
  }),
  addressType: z.string(),
  endpoints: listOf(endpoint),
  ports: listOf(slicePort),
});
const sliceList = z.object({
  kind: z.literal('EndpointSliceList'),
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().nullish() }),
  items: listOf(z.unknown()),
});

export type EndpointSlice = Omit<z.output<typeof slice>, 'metadata'> & z.output<typeof slice>['metadata'];

export function readSlice(value: unknown, origin: string): EndpointSlice {
  const read = slice.safeParse(value);
  if (!read.success) throw new SourceFault(`${origin} sent an EndpointSlice that cannot be read`);
  const { metadata, ...rest } = read.data;
  return { ...metadata, ...rest };
}

export function readSliceList(
  value: unknown,
  origin: string,
): { readonly slices: readonly EndpointSlice[]; readonly version: string; readonly next?: string } {
  const read = sliceList.safeParse(value);
  if (!read.success) throw new SourceFault(`${origin} answered with no list of EndpointSlices`);
  const { items, metadata } = read.data;
  return {
    slices: items.map((item) => readSlice(item, origin)),
    version: metadata.resourceVersion,
    ...(metadata.continue ? { next: metadata.continue } : {}),
  };
}

/**
 * The hosts of a service's slices at one of its ports: the one of that name or number, or else the only one. Throws a `SourceFault`
 * where that is not one port.
 */
export function sliceHosts(slices: readonly EndpointSlice[], port: string | undefined): Given {
  const hosts = new Map<string, DiscoveredHost>();
  const leftOut: string[] = [];
  // By name: which of two slices counts for one endpoint must not hang on the order in which they came.
  for (const { name, addressType, endpoints, ports } of slices.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (endpoints.length === 0) continue;
    if (addressType !== 'IPv4' && addressType !== 'IPv6') {
      leftOut.push(`slice ${name}: it has no IP addresses (${addressType.slice(0, 20)})`);
      continue;
    }
    const number = portOf(ports, port);
    for (const { addresses, conditions, hostname, targetRef, zone } of endpoints) {
      // All addresses of an endpoint are one host: the first one is to be used.
      const address = hostAddress(addresses[0] ?? '');
      if (address === undefined) {
        leftOut.push(`slice ${name}: no requests can be sent to ${String(addresses[0]).slice(0, 60)}`);
        continue;
      }
      const shown = hostname || targetRef?.name;
      const host: DiscoveredHost = {
        address,
        port: number,
        health: healthOf(conditions ?? {}),
        weight: 1,
        ...(zone ? { locality: { region: '', zone, subZone: '' } } : {}),
        ...(shown ? { hostname: shown } : {}),
        metadata: {},
      };
      const key = hostKey(host);
      const other = hosts.get(key);
      // While an endpoint moves from one slice to another it is in both, and the one that is ready is the newer.
      if (!other || (other.health !== 'healthy' && host.health === 'healthy')) hosts.set(key, host);
    }
  }
  if (hosts.size > MAX_HOSTS) throw new SourceFault(`the service has more than ${MAX_HOSTS} hosts`);
  return { hosts: [...hosts.values()], leftOut };
}

/** https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions: not said means ready, and not terminating. */
function healthOf({
  ready = true,
  terminating = false,
}: {
  ready?: boolean | undefined;
  terminating?: boolean | undefined;
}): HostHealth {
  // One that ends goes on serving what it has: no new requests, and nothing is broken. Services that publish unready hosts say "ready".
  if (terminating && !ready) return 'maintenance';
  return ready ? 'healthy' : 'unhealthy';
}

type SlicePort = EndpointSlice['ports'][number];

function portOf(ports: readonly SlicePort[], wanted: string | undefined): number {
  const shown = (those: readonly SlicePort[]): string =>
    those.map(({ name, port }) => `${name || 'without a name'} (${port ?? 'any'})`).join(', ') || 'none';
  const fitting =
    wanted === undefined
      ? ports.filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
      : ports.filter(({ name, port }) => name === wanted || String(port) === wanted);
  // A service may give one port of its hosts two names, or two protocols.
  const [only, ...others] = new Set(fitting.map(({ port }) => port));
  if (typeof only !== 'number' || others.length > 0)
    throw new SourceFault(
      `want ${wanted === undefined ? 'one TCP port, or its name in discovery' : `the port ${wanted}`}; the service has ${shown(ports)}`,
    );
  return only;
}
