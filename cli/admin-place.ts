import { type AdminOptions, adminAccessProblem, startAdmin } from '../controlplane/admin/start-admin.ts';
import { secretOf } from './bot/secrets.ts';
import type { CommandContext } from './command-context.ts';
import { DEFAULT_ADMIN } from './fleet-options.ts';
import { hostInUrl, type ListenAddress, listenAddress } from './listen-address.ts';
import { UsageError } from './usage-error.ts';

/** The variable with the token of the admin API; `…_FILE` names a file. */
export const ADMIN_TOKEN = 'MESHGATE_ADMIN_TOKEN';

/** `isAsked`: a person said where, so that it is there or nowhere. */
export type AdminPlace = ListenAddress & { readonly isAsked: boolean; readonly token: string | undefined };

/** Undefined: `off`. Throws `UsageError` for what is no address, and for one that needs a token where there is none. */
export function adminPlaceOf(
  address: string | undefined,
  context: Pick<CommandContext, 'env'>,
): AdminPlace | undefined {
  if (address === 'off') return undefined;
  const place = listenAddress('--admin', address ?? DEFAULT_ADMIN, DEFAULT_ADMIN);
  const token = secretOf(ADMIN_TOKEN, context);
  const problem = adminAccessProblem(place.host, token);
  if (problem !== undefined) throw new UsageError(`--admin: ${problem} (${ADMIN_TOKEN}, or ${ADMIN_TOKEN}_FILE)`);
  return { ...place, isAsked: address !== undefined, token };
}

/** Several control planes on one machine need not agree on ports: where nobody asked for one, any free one will do. */
export async function openAdmin(
  place: AdminPlace | undefined,
  options: Pick<AdminOptions, 'server' | 'nowEpochMs' | 'say'>,
): Promise<(AsyncDisposable & { readonly url: string }) | undefined> {
  if (!place) return undefined;
  const { host, port, token } = place;
  const start = (at: number) => startAdmin({ ...options, host, port: at, ...(token === undefined ? {} : { token }) });
  const admin = await start(port).catch((fault: NodeJS.ErrnoException) => {
    if (place.isAsked || fault.code !== 'EADDRINUSE') throw fault;
    return start(0);
  });
  return {
    url: `http://${hostInUrl(host)}:${admin.port}`,
    [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose](),
  };
}
