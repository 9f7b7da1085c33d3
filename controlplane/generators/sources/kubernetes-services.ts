import { RETRY } from '../../discovery/ask-on.ts';
import { type KubernetesPorts, SERVICE_LABEL } from '../../discovery/sources/kubernetes-source.ts';
import { watchSlices } from '../../discovery/sources/watch-slices.ts';
import { type ServiceAsking, type ServiceList, serviceList } from '../service-list.ts';

/**
 * The services of a namespace whose EndpointSlices bear the label, which Kubernetes copies from the service; their labels are their tags,
 * `key=value`. No more rights are needed than to find hosts.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#management
 */
export function kubernetesServices(
  { namespace, tag }: { readonly namespace: string; readonly tag: string },
  { api, watchMs = 120_000, retry = RETRY }: KubernetesPorts,
): ServiceList {
  const ask: ServiceAsking = async function* (signal) {
    const question = { namespace, selector: `${SERVICE_LABEL},${tag}` };
    const watched = watchSlices(question, { api, watchMs, retry }, signal);
    for (;;) {
      const step = await watched.next();
      if (step.done) return step.value;
      yield step.value.flatMap(({ labels }) => {
        const name = labels[SERVICE_LABEL];
        // The server has chosen by the label: what is `expose` there may have any value.
        const tags = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
        return name === undefined ? [] : [{ name, tags: [tag, ...tags] }];
      });
    }
  };
  return serviceList(`kubernetes services of ${namespace} labelled ${tag}`, tag, ask, retry);
}
