import { type DiscoveredHost, hostKey } from './discovered-host.ts';

/** By `hostKey`, each once: same hosts, same bytes, whatever order a source gives them in. Of several of one key the first counts. */
export function orderedHosts(hosts: readonly DiscoveredHost[]): readonly DiscoveredHost[] {
  const byKey = new Map<string, DiscoveredHost>();
  for (const host of hosts) {
    const key = hostKey(host);
    if (!byKey.has(key)) byKey.set(key, host);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, host]) => host);
}
