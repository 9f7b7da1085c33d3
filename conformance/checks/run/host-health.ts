import { resourcesOf } from '../../../render/snapshot.ts';
import { type HostStatus, readClusters } from '../../admin/clusters.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { HostSelector } from '../../upstream/upstream-pool.ts';
import { clusterHosts } from '../declared/cluster-hosts.ts';
import { parseHostAddress } from '../declared/host-address.ts';
import { awaitOrLast } from './await-or-last.ts';

/** The hosts of a cluster as Envoy sees them; undefined where it has no such cluster. */
export async function hostsOf(cell: RunningCell, cluster: string): Promise<readonly HostStatus[] | undefined> {
  const clusters = await readClusters(cell.adminUrl, { signal: cell.signal });
  return clusters.find(({ name }) => name === cluster)?.hosts;
}

/** Those of `hosts` that `selector` names; Envoy knows them by the ports of their stand-ins. */
function selectHosts(
  cell: RunningCell,
  { cluster, address, port }: HostSelector,
  hosts: readonly HostStatus[],
): readonly HostStatus[] {
  if (address === undefined || port === undefined) return hosts;
  const standInPort = cell.upstreams.portOf({ cluster, address, port });
  return hosts.filter((host) => host.port === standInPort);
}

/** The host as the configuration writes it whose stand-in listens on `port`. */
export function realHost(cell: RunningCell, cluster: string, port: number): string | undefined {
  const resource = resourcesOf(cell.snapshot, 'cluster').find(({ name }) => name === cluster);
  const hosts = (resource && clusterHosts(cell.snapshot, resource)) ?? [];
  return hosts.find((host) => {
    const address = parseHostAddress(host);
    try {
      return address !== undefined && cell.upstreams.portOf({ cluster, ...address }) === port;
    } catch {
      return false; // A host that has no stand-in, such as one that the cell substituted otherwise.
    }
  });
}

// https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/clusters.proto#admin-v3-hosthealthstatus
const HEALTH_CHECK_FLAGS = [
  'failed_active_health_check',
  'pending_active_hc',
  'active_hc_timeout',
  'excluded_via_immediate_hc_fail',
];
/** Whether its health checks have taken the host out; outlier detection and the configuration have flags of their own. */
export const failsHealthCheck = ({ failed }: HostStatus): boolean =>
  failed.some((flag) => HEALTH_CHECK_FLAGS.includes(flag));

/** Waits until each of the selected hosts is as `isSo` says; gives those that are not after the deadline. */
export async function awaitHosts(
  cell: RunningCell,
  selector: HostSelector,
  isSo: (host: HostStatus) => boolean,
  deadlineMs: number,
): Promise<{ readonly all: number; readonly others: readonly HostStatus[] }> {
  const look = async () => {
    const hosts = selectHosts(cell, selector, (await hostsOf(cell, selector.cluster)) ?? []);
    return { all: hosts.length, others: hosts.filter((host) => !isSo(host)) };
  };
  return awaitOrLast(look, ({ all, others }) => all > 0 && others.length === 0, deadlineMs, cell.signal);
}
