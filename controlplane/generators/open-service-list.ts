import type { ServiceSource } from '../../render/generators/generator.ts';
import type { SourcePorts } from '../discovery/open-source.ts';
import type { ServiceList } from './service-list.ts';
import { consulServices } from './sources/consul-services.ts';
import { fileServices } from './sources/file-services.ts';
import { kubernetesServices } from './sources/kubernetes-services.ts';
import { registryServices } from './sources/registry-services.ts';

/** A source of a kind that this control plane was not given fails, and says so. */
export function openServiceList(source: ServiceSource, ports: Omit<SourcePorts, 'dns'>): ServiceList {
  const { consul, registry, kubernetes, files } = ports;
  switch (source.kind) {
    case 'consul':
      return consul ? consulServices(source, consul) : missing(source, 'Consul');
    case 'registry':
      return registry ? registryServices(source, registry) : missing(source, 'registry');
    case 'kubernetes':
      return kubernetes ? kubernetesServices(source, kubernetes) : missing(source, 'Kubernetes API');
    case 'file':
      return files ? fileServices(source, files) : missing(source, 'folder of host files');
    default:
      return source satisfies never;
  }
}

const missing = ({ kind, tag }: ServiceSource, what: string): ServiceList => ({
  name: `${kind} services tagged ${tag}`,
  async *watch() {
    yield { kind: 'failed', problem: `this control plane was given no ${what}` };
  },
});
