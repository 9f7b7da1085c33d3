import { type Asking, askOn, RETRY, type Retry } from '../ask-on.ts';
import type { HostSource } from '../host-source.ts';
import { type HttpApi, type HttpEndpoint, httpApi } from '../http/http-api.ts';
import { sliceHosts } from './endpoint-slices.ts';
import { watchSlices } from './watch-slices.ts';

export type KubernetesQuestion = {
  readonly namespace: string;
  readonly service: string;
  readonly port?: string;
};

export type KubernetesPorts = {
  readonly api: HttpApi;
  /** How long one watch lasts; default 2 min. A connection that died without a word is noticed at its end. */
  readonly watchMs?: number;
  readonly retry?: Retry;
};

export const kubernetesApi = (endpoint: HttpEndpoint): HttpApi =>
  httpApi(endpoint, (token) => ({ authorization: `Bearer ${token}` }));

/** The label of every EndpointSlice that belongs to a service. */
export const SERVICE_LABEL = 'kubernetes.io/service-name';

/** The hosts of a service by its EndpointSlices. */
export function kubernetesSource(question: KubernetesQuestion, ports: KubernetesPorts): HostSource {
  const { namespace, service, port } = question;
  const { api, watchMs = 120_000, retry = RETRY } = ports;
  const ask: Asking = async function* (signal) {
    const slices = watchSlices({ namespace, selector: `${SERVICE_LABEL}=${service}` }, { api, watchMs, retry }, signal);
    for (;;) {
      const step = await slices.next();
      if (step.done) return step.value;
      yield sliceHosts(step.value, port);
    }
  };
  return askOn(`kubernetes ${namespace}/${service}${port === undefined ? '' : `:${port}`}`, ask, retry);
}
