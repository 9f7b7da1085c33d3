import {
  type ClientStatusOptions,
  clientStatusAccessProblem,
  startClientStatus,
} from '../controlplane/status/start-client-status.ts';
import { ADMIN_TOKEN } from './admin-place.ts';
import { secretOf } from './bot/secrets.ts';
import type { CommandContext } from './command-context.ts';
import { hostInUrl, type ListenAddress, listenAddress } from './listen-address.ts';
import { UsageError } from './usage-error.ts';

export type ClientStatusPlace = ListenAddress & { readonly token: string | undefined };

/**
 * Where `mesh serve` answers CSDS; undefined: nowhere. Throws `UsageError` for what is no address, and for one that needs the token of the
 * admin API where there is none.
 */
export function clientStatusPlaceOf(
  address: string | undefined,
  context: Pick<CommandContext, 'env'>,
): ClientStatusPlace | undefined {
  if (address === undefined || address === 'off') return undefined;
  const place = listenAddress('--csds', address, '127.0.0.1:18004');
  const token = secretOf(ADMIN_TOKEN, context);
  const problem = clientStatusAccessProblem(place.host, token);
  if (problem !== undefined) throw new UsageError(`--csds: ${problem} (${ADMIN_TOKEN}, or ${ADMIN_TOKEN}_FILE)`);
  return { ...place, token };
}

/** Rejects with the operating system's error where the place is taken. */
export async function openClientStatus(
  place: ClientStatusPlace | undefined,
  options: Pick<ClientStatusOptions, 'clients' | 'nowEpochMs'>,
): Promise<(AsyncDisposable & { readonly address: string }) | undefined> {
  if (!place) return undefined;
  const { host, port, token } = place;
  const server = await startClientStatus({ ...options, host, port, ...(token === undefined ? {} : { token }) });
  return {
    address: `${hostInUrl(host)}:${server.port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
