import { followTable } from '../../discovery/registry/follow-table.ts';
import type { RegistryTable } from '../../discovery/registry/registry-table.ts';
import { type ServiceList, serviceList } from '../service-list.ts';

/** Services whose hosts registered themselves with this control plane. It cannot fail. */
export function registryServices({ tag }: { readonly tag: string }, table: RegistryTable): ServiceList {
  const read = () => table.services().map(({ service, tags }) => ({ name: service, tags }));
  return serviceList(`registry services tagged ${tag}`, tag, (signal) => followTable(table, undefined, read, signal));
}
