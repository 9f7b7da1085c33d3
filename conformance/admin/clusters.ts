import { type AdminOptions, askAdmin } from './admin-client.ts';

/** One host as Envoy sees it. `failed` lists the flags that make it unhealthy, such as `failed_active_hc`. */
export type HostStatus = {
  readonly address: string;
  readonly port: number;
  readonly priority: number;
  readonly failed: readonly string[];
};
export type ClusterStatus = { readonly name: string; readonly hosts: readonly HostStatus[] };

type RawHost = {
  readonly address?: { readonly socket_address?: { readonly address?: string; readonly port_value?: number } };
  readonly health_status?: Readonly<Record<string, unknown>>;
  readonly priority?: number;
};
type RawCluster = { readonly name?: string; readonly host_statuses?: readonly RawHost[] };

/** Members of `health_status` that say a host is not taken for healthy; the others (`eds_health_status: HEALTHY`) say nothing bad. */
function failedFlags(status: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(status).flatMap(([flag, value]) => {
    if (value === true && flag !== 'pending_dynamic_removal') return [flag];
    if (flag === 'eds_health_status' && value !== 'HEALTHY' && value !== 'UNKNOWN') return [`eds ${String(value)}`];
    return [];
  });
}

/** Every cluster with its hosts. Source: Envoy docs, operations/admin, `/clusters?format=json`. */
export async function readClusters(adminUrl: URL, options?: AdminOptions): Promise<readonly ClusterStatus[]> {
  const body = await askAdmin(adminUrl, '/clusters?format=json', 'GET', options);
  const { cluster_statuses: clusters } = JSON.parse(body) as { cluster_statuses?: readonly RawCluster[] };
  return (clusters ?? []).map(({ name, host_statuses: hosts }) => ({
    name: name ?? '',
    hosts: (hosts ?? []).map((host) => ({
      address: host.address?.socket_address?.address ?? '',
      port: host.address?.socket_address?.port_value ?? 0,
      priority: host.priority ?? 0,
      failed: failedFlags(host.health_status ?? {}),
    })),
  }));
}
