import type { LogEntry } from '../access-logs/log-entry.ts';
import { type Reporter, UNKNOWN } from './edge-sums.ts';
import { nameOf, type ServiceNames } from './service-names.ts';

/** From whom to whom, and whose Envoy says it. */
export type Direction = { readonly source: string; readonly destination: string; readonly reporter: Reporter };

/** What an Envoy sent to a cluster: what is for its own service came in. */
export function directionOfCluster(own: string, cluster: string, names: ServiceNames): Direction {
  const { service, isLocal } = names.roleOf(cluster);
  return isLocal || (service === own && cluster !== '')
    ? { source: UNKNOWN, destination: own, reporter: 'callee' }
    : { source: own, destination: service, reporter: 'caller' };
}

/** A log whose name begins so is of what came in, whatever its clusters are. */
const INBOUND_LOG = /^inbound(?:$|[^a-z])/i;

/** What an Envoy logged. Of who called it, its certificate is believed, then its word. */
export function directionOfEntry(own: string, logName: string, entry: LogEntry, names: ServiceNames): Direction {
  const byCluster = directionOfCluster(own, entry.cluster, names);
  if (byCluster.reporter === 'caller' && !INBOUND_LOG.test(logName)) return byCluster;
  return { source: callerOf(entry), destination: own, reporter: 'callee' };
}

function callerOf({ peerUris, callerHeader }: LogEntry): string {
  for (const uri of peerUris) {
    const service = /^spiffe:\/\/[^/]+\/stage\/[^/]+\/service\/([^/]+)$/.exec(uri)?.[1];
    if (service !== undefined) return nameOf(service);
  }
  return callerHeader === undefined || callerHeader === '' ? UNKNOWN : nameOf(callerHeader);
}
