import type { Finding } from '../../../render/finding.ts';
import type { HostStatus } from '../../admin/clusters.ts';
import type { ClusterHealthCheck } from '../check.ts';

const MOST_HOSTS = 5;

/** A host that the configuration itself takes out (`health_status: DRAINING`) is as it should be. */
const isSick = ({ failed }: HostStatus): boolean => failed.some((flag) => !flag.startsWith('eds '));

/**
 * Every host is healthy. `hosts`: as Envoy sees them, undefined where it has no such cluster. `nameOf`: the host as the
 * configuration writes it, for Envoy knows stand-ins only.
 */
export function judgeClusterHealth(
  check: ClusterHealthCheck,
  hosts: readonly HostStatus[] | undefined,
  waitedMs: number,
  nameOf: (host: HostStatus) => string = ({ address, port }) => `${address}:${port}`,
): readonly Finding[] {
  const finding = (saw: string, want: string): readonly Finding[] => [
    { rule: 'check-unhealthy', severity: 'error', at: check.at, saw, want, resource: `cluster ${check.cluster}` },
  ];
  if (!hosts) return finding(`no cluster ${check.cluster} in this Envoy`, 'the cluster, with healthy hosts');
  if (hosts.length === 0) return finding('no hosts', 'at least one healthy host');
  const sick = hosts.filter(isSick);
  if (sick.length === 0) return [];
  const named = sick.slice(0, MOST_HOSTS).map((host) => `${nameOf(host)} (${host.failed.join(', ')})`);
  const rest = sick.length > MOST_HOSTS ? ` and ${sick.length - MOST_HOSTS} more` : '';
  return finding(
    `${sick.length} of ${hosts.length} hosts not healthy: ${named.join(', ')}${rest}`,
    `every host healthy within ${waitedMs} ms of answering its health checks`,
  );
}
