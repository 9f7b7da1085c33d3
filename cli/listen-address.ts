import { UsageError } from './usage-error.ts';

/** `host` without brackets. */
export type ListenAddress = { readonly host: string; readonly port: number };

/**
 * `HOST:PORT` as an option has it, IPv6 in brackets; port 0 takes any free one. Throws `UsageError` that names `option` and gives
 * `example`.
 */
export function listenAddress(option: string, text: string, example: string): ListenAddress {
  const found = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(found?.port);
  if (!found || port > 65_535)
    throw new UsageError(`${option} ${text}: want HOST:PORT, such as ${example} or [::1]:${example.split(':').at(-1)}`);
  return { host: found.v6 ?? found.host ?? '', port };
}

/** As it stands in a URL. */
export const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);
