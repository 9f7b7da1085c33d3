import { askOn } from '../ask-on.ts';
import type { HostSource } from '../host-source.ts';
import { followTable } from '../registry/follow-table.ts';
import type { RegistryTable } from '../registry/registry-table.ts';

/** Hosts that registered themselves with this control plane. It cannot fail: a service that nobody registered has no hosts. */
export const registrySource = ({ service }: { readonly service: string }, table: RegistryTable): HostSource =>
  askOn(`registry ${service}`, (signal) =>
    followTable(table, service, () => ({ hosts: table.hosts(service) }), signal),
  );
