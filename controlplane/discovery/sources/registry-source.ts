import { type Asking, askOn } from '../ask-on.ts';
import type { HostSource } from '../host-source.ts';
import type { RegistryTable } from '../registry/registry-table.ts';

/** Hosts that registered themselves with this control plane. It cannot fail: a service that nobody registered has no hosts. */
export function registrySource({ service }: { readonly service: string }, table: RegistryTable): HostSource {
  const ask: Asking = async function* (signal) {
    let wake = (): void => {};
    let isNew = true;
    const stop = table.onChange(() => {
      isNew = true;
      wake();
    }, service);
    const onAbort = (): void => wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        if (isNew) {
          isNew = false;
          yield { hosts: table.hosts(service) };
        } else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      stop();
      signal.removeEventListener('abort', onAbort);
    }
    return 0;
  };
  return askOn(`registry ${service}`, ask);
}
