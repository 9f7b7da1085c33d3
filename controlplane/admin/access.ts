import { bearsToken } from '../access/bearer-token.ts';
import { AdminRefusal } from './admin-refusal.ts';

/**
 * Refuses a request whose `Host` is none of this machine's own names: a page in somebody's browser whose name was turned to 127.0.0.1
 * (DNS rebinding) sends its own name. Wanted where no token is asked for.
 */
export function wantOwnHost(header: string | undefined, listensOn: string): void {
  const name = hostOf(header ?? '');
  const own = ['localhost', '127.0.0.1', '::1', listensOn.toLowerCase()];
  if (name === undefined || !own.includes(name))
    throw new AdminRefusal(421, 'the Host header names another machine: want localhost, 127.0.0.1 or [::1]');
}

/** Without its port and its brackets; undefined: it is no host. */
function hostOf(header: string): string | undefined {
  const found = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(header)?.groups;
  return (found?.v6 ?? found?.name)?.toLowerCase();
}

export function wantToken(token: string, authorization: string | undefined): void {
  if (!bearsToken(token, authorization))
    throw new AdminRefusal(401, 'want the token of the admin API, as `authorization: Bearer …`', {
      'www-authenticate': 'Bearer',
    });
}
