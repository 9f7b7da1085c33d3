import { z } from 'zod';
import type { Locality } from '../../../render/discovery/cluster-discovery.ts';
import { type Given, SourceFault } from '../ask-on.ts';
import { type DiscoveredHost, type HostHealth, hostAddress, hostKey, MAX_HOSTS, weightOf } from '../discovered-host.ts';

const meta = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const locality = z.object({ Region: z.string().optional(), Zone: z.string().optional() }).nullish();
// What is read of `GET /v1/health/service/:service`; Consul may say more, and other releases say other things.
const entry = z.object({
  Node: z.object({ Node: z.string(), Address: z.string(), Meta: meta, Locality: locality }),
  Service: z.object({
    ID: z.string(),
    Address: z.string().default(''),
    // A service without a port comes without this member.
    Port: z.number().default(0),
    Meta: meta,
    Weights: z.object({ Passing: z.number(), Warning: z.number() }).nullish(),
    Locality: locality,
  }),
  Checks: z
    .array(z.object({ CheckID: z.string(), Status: z.string() }))
    .nullish()
    .transform((value) => value ?? []),
});
type Entry = z.output<typeof entry>;

/** The hosts of an answer of Consul. Throws a `SourceFault` for what is no such answer. */
export function consulHosts(value: unknown, origin: string): Given {
  if (!Array.isArray(value)) throw new SourceFault(`${origin} answered with no list of hosts`);
  if (value.length > MAX_HOSTS) throw new SourceFault(`${origin} answered with more than ${MAX_HOSTS} hosts`);
  const hosts = new Map<string, DiscoveredHost>();
  const leftOut: string[] = [];
  for (const one of value) {
    const read = entry.safeParse(one);
    if (!read.success) throw new SourceFault(`${origin} answered with an entry that cannot be read`);
    const host = hostOf(read.data);
    if (typeof host === 'string') {
      leftOut.push(host);
      continue;
    }
    const key = hostKey(host);
    const other = hosts.get(key);
    // One instance may be registered at two agents, and only one of them know that it is in maintenance.
    if (!other || isWorse(host.health, other.health)) hosts.set(key, host);
  }
  return { hosts: [...hosts.values()], leftOut };
}

function hostOf({ Node, Service, Checks }: Entry): DiscoveredHost | string {
  const written = Service.Address || Node.Address;
  const address = hostAddress(written);
  const { Port: port } = Service;
  if (address === undefined || !Number.isInteger(port) || port < 1 || port > 65_535)
    return `${Service.ID} on ${Node.Node}: no requests can be sent to ${written} port ${port}`.slice(0, 200);
  const at = localityOf({ Node, Service, Checks });
  const { health, weight } = stateOf({ Node, Service, Checks });
  return {
    address,
    port,
    health,
    weight,
    ...(at ? { locality: at } : {}),
    hostname: Node.Node,
    metadata: Object.fromEntries(Object.entries(Service.Meta).filter(([key]) => key !== '__proto__')),
  };
}

/** https://developer.hashicorp.com/consul/commands/maint: maintenance is a check that fails, of the node or of one of its services. */
const NODE_MAINTENANCE = '_node_maintenance';
const SERVICE_MAINTENANCE = '_service_maintenance:';

function stateOf({ Service, Checks }: Entry): { readonly health: HostHealth; readonly weight: number } {
  const failing = Checks.filter(({ Status }) => Status === 'critical');
  const warns = Checks.some(({ Status }) => Status === 'warning');
  const { Passing = 1, Warning = 1 } = Service.Weights ?? {};
  // A weight in the metadata is the service's own word, and stands before Consul's default of 1.
  const own = Number(Service.Meta.weight?.trim() || Number.NaN);
  const weight = Number.isFinite(own) && own >= 0 ? own : warns ? Warning : Passing;
  const isMaintained = failing.some(
    ({ CheckID }) => CheckID === NODE_MAINTENANCE || CheckID.startsWith(SERVICE_MAINTENANCE),
  );
  // Consul's DNS gives a host of weight 0 no requests; Envoy knows no such weight.
  if (isMaintained || weight === 0) return { health: 'maintenance', weight: weightOf(weight) };
  const health = failing.length > 0 ? 'unhealthy' : Checks.length > 0 ? 'healthy' : 'unknown';
  return { health, weight: weightOf(weight) };
}

/** Consul Enterprise knows localities; elsewhere they are in the metadata of services or nodes. */
function localityOf({ Node, Service }: Entry): Locality | undefined {
  const known = Service.Locality ?? Node.Locality;
  const text = (name: string): string => Service.Meta[name] ?? Node.Meta[name] ?? '';
  const region = known?.Region ?? text('region');
  const zone = known?.Zone ?? text('zone');
  const subZone = text('sub_zone');
  return region || zone || subZone ? { region, zone, subZone } : undefined;
}

const WORST_LAST: readonly HostHealth[] = ['unknown', 'healthy', 'unhealthy', 'maintenance'];
const isWorse = (one: HostHealth, other: HostHealth): boolean => WORST_LAST.indexOf(one) > WORST_LAST.indexOf(other);
