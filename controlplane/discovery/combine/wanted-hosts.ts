import type { DiscoverySource } from '../../../render/discovery/cluster-discovery.ts';
import type { WantedHosts } from '../../ramp/ramp-input.ts';
import { type DiscoveredHost, type HostHealth, hostKey } from '../discovered-host.ts';
import { orderedHosts } from '../ordered-hosts.ts';
import type { DiscoveryState, SourceState } from './discovery-state.ts';

/** Highest number of a priority that Envoy takes. */
const LAST_PRIORITY = 128;

/** A host as one source says it, with what that word is worth. */
type Said = { readonly host: DiscoveredHost; readonly priority: number; readonly current: boolean };

/**
 * The hosts of the cluster by priority, in the order of `hostKey`; undefined until there is enough to say. A host that several sources
 * know is one host: at the first priority that any gives it, with the fields of the first source of that priority that is not stale, and
 * the worst health that a source which is not stale knows of.
 */
export function wantedHosts({ ready, discovery, sources }: DiscoveryState): WantedHosts | undefined {
  if (!ready) return undefined;
  const byKey = new Map<string, Said[]>();
  sources.forEach((state, index) => {
    const source = discovery.sources[index];
    if (!source) return;
    for (const said of saidBy(source, state)) {
      const key = hostKey(said.host);
      const others = byKey.get(key);
      if (others) others.push(said);
      else byKey.set(key, [said]);
    }
  });
  const byPriority = new Map<number, DiscoveredHost[]>();
  for (const said of byKey.values()) {
    const { host, priority } = merged(said);
    const hosts = byPriority.get(priority);
    if (hosts) hosts.push(host);
    else byPriority.set(priority, [host]);
  }
  return new Map([...byPriority].sort(([a], [b]) => a - b).map(([priority, hosts]) => [priority, orderedHosts(hosts)]));
}

/** What a source's believed and held answers come to: what is new in a held answer counts, and only what is missing in it waits. */
function saidBy(source: DiscoverySource, { believed, held, failing }: SourceState): readonly Said[] {
  if (!believed) return [];
  const given = (held ?? believed).hosts;
  const saidOf =
    (current: boolean) =>
    ({ priority = 0, ...host }: DiscoveredHost): Said => ({
      host: host.locality || !source.locality ? host : { ...host, locality: source.locality },
      priority: Math.min(LAST_PRIORITY, source.priority + priority),
      current,
    });
  const said = given.map(saidOf(!failing));
  if (!held) return said;
  const keys = new Set(given.map(hostKey));
  return [...said, ...believed.hosts.filter((host) => !keys.has(hostKey(host))).map(saidOf(false))];
}

function merged(said: readonly Said[]): { readonly host: DiscoveredHost; readonly priority: number } {
  const priority = Math.min(...said.map((one) => one.priority));
  const there = said.filter((one) => one.priority === priority);
  const host = (there.find(({ current }) => current) ?? there[0])?.host;
  if (!host) throw new Error('a host that no source gave');
  const current = said.filter((one) => one.current);
  const health = worst(current) ?? worst(said) ?? 'unknown';
  return { host: host.health === health ? host : { ...host, health }, priority };
}

const WORST_FIRST: readonly HostHealth[] = ['maintenance', 'unhealthy', 'healthy'];

const worst = (said: readonly Said[]): HostHealth | undefined =>
  WORST_FIRST.find((health) => said.some(({ host }) => host.health === health));
