import { pause } from '../../discovery/ask-on.ts';
import type { RegistryTable } from '../../discovery/registry/registry-table.ts';
import { type ServiceAsking, type ServiceList, serviceList } from '../service-list.ts';

/** Many hosts register within a moment: the table is looked through this often at most. */
const LEAST_PAUSE_MS = 50;

/** Services whose hosts registered themselves with this control plane. It cannot fail. */
export function registryServices({ tag }: { readonly tag: string }, table: RegistryTable): ServiceList {
  const ask: ServiceAsking = async function* (signal) {
    let wake = (): void => {};
    let isNew = true;
    const onChange = (): void => {
      isNew = true;
      wake();
    };
    const stop = table.onChange(onChange);
    signal.addEventListener('abort', onChange, { once: true });
    try {
      while (!signal.aborted) {
        if (isNew) {
          isNew = false;
          yield table.services().map(({ service, tags }) => ({ name: service, tags }));
          await pause(LEAST_PAUSE_MS, signal);
        } else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      stop();
      signal.removeEventListener('abort', onChange);
    }
    return 0;
  };
  return serviceList(`registry services tagged ${tag}`, tag, ask);
}
