import { type AdminOptions, askAdmin } from './admin-client.ts';

type RawAddress = { readonly socket_address?: { readonly address?: string; readonly port_value?: number } };
type RawListener = { readonly name?: string; readonly local_address?: RawAddress };

/** Where each listener really listens, by name; pipes and internal listeners are left out. Source: `/listeners?format=json`. */
export async function readListeners(
  adminUrl: URL,
  options?: AdminOptions,
): Promise<ReadonlyMap<string, { readonly host: string; readonly port: number }>> {
  const body = await askAdmin(adminUrl, '/listeners?format=json', 'GET', options);
  const { listener_statuses: listeners } = JSON.parse(body) as { listener_statuses?: readonly RawListener[] };
  return new Map(
    (listeners ?? []).flatMap(({ name, local_address: address }) => {
      const { address: host, port_value: port } = address?.socket_address ?? {};
      return name !== undefined && host !== undefined && port !== undefined ? [[name, { host, port }]] : [];
    }),
  );
}
