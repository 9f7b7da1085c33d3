import { isLoopback } from '../../controlplane/access/loopback.ts';
import { BoardRefusal } from '../api/board-refusal.ts';

/** Names under which this board is asked for, in lower case and without ports. */
export function ownHosts(listensOn: string, origin: string): ReadonlySet<string> {
  const own = [new URL(origin).hostname.replace(/^\[|\]$/g, '')];
  if (isLoopback(listensOn)) own.push('localhost', '127.0.0.1', '::1', listensOn);
  return new Set(own.map((name) => name.toLowerCase()));
}

/**
 * Refuses a request for another host: a page whose name was turned to this address (DNS rebinding) sends its own name. Throws
 * `BoardRefusal`.
 */
export function wantOwnHost(header: string | undefined, own: ReadonlySet<string>): void {
  const found = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(header ?? '')?.groups;
  const name = (found?.v6 ?? found?.name)?.toLowerCase();
  if (name === undefined || !own.has(name))
    throw new BoardRefusal(421, 'board-other-host', 'a Host header that names another machine', [...own].join(' or '));
}
