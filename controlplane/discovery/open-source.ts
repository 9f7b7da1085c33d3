import type { DiscoverySource } from '../../render/discovery/cluster-discovery.ts';
import type { HostSource } from './host-source.ts';
import { questionKey } from './question-key.ts';
import type { RegistryTable } from './registry/registry-table.ts';
import { shareSource } from './share-source.ts';
import { type ConsulPorts, consulSource } from './sources/consul-source.ts';
import { type DnsPorts, dnsSource } from './sources/dns-source.ts';
import { fileSource } from './sources/file-source.ts';
import type { FilePorts } from './sources/follow-file.ts';
import { type KubernetesPorts, kubernetesSource } from './sources/kubernetes-source.ts';
import { registrySource } from './sources/registry-source.ts';

/** Whom this control plane can ask. A source of a kind that is not here fails, and says so. */
export type SourcePorts = {
  readonly consul?: ConsulPorts;
  readonly kubernetes?: KubernetesPorts;
  readonly registry?: RegistryTable;
  readonly files?: FilePorts;
  /** Default: the name servers of the machine. */
  readonly dns?: DnsPorts;
};

export function openSource(source: DiscoverySource, ports: SourcePorts): HostSource {
  switch (source.kind) {
    case 'consul':
      return ports.consul ? consulSource(source, ports.consul) : missing(`consul ${source.service}`, 'Consul');
    case 'kubernetes':
      return ports.kubernetes
        ? kubernetesSource(source, ports.kubernetes)
        : missing(`kubernetes ${source.namespace}/${source.service}`, 'Kubernetes API');
    case 'registry':
      return ports.registry
        ? registrySource(source, ports.registry)
        : missing(`registry ${source.service}`, 'registry');
    case 'file':
      return ports.files ? fileSource(source, ports.files) : missing(`file ${source.path}`, 'folder of host files');
    case 'dns':
      return dnsSource(source, ports.dns);
    default:
      return source satisfies never;
  }
}

const missing = (name: string, what: string): HostSource => ({
  name,
  async *watch() {
    yield { kind: 'failed', problem: `this control plane was given no ${what}` };
  },
});

/** `openSource` for all clusters of a control plane: clusters that ask the same are told by one source. */
export function sourceOpener(ports: SourcePorts): (source: DiscoverySource) => HostSource {
  const shared = new Map<string, HostSource>();
  return (source) => {
    const key = questionKey(source);
    const known = shared.get(key);
    if (known) return known;
    const opened = shareSource(openSource(source, ports), () => {
      if (shared.get(key) === opened) shared.delete(key);
    });
    shared.set(key, opened);
    return opened;
  };
}
