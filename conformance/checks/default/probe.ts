/** A request as route matching sees it, once the connection manager has done its work on it. */
export type Probe = {
  readonly method: string;
  /** As sent, with a port if there is one. */
  readonly authority: string;
  /** With the query. */
  readonly path: string;
  /** Lower-case names; without pseudo headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly scheme: 'http' | 'https';
  readonly clientCertificate: boolean;
};

export const pathOf = (probe: Probe): string => probe.path.replace(/[?#].*$/, '');

/** A header's value, pseudo headers included; undefined where the request has none. */
export function headerOf(probe: Probe, name: string): string | undefined {
  switch (name) {
    case ':method':
      return probe.method;
    case ':path':
      return probe.path;
    case ':authority':
    case 'host':
      return probe.authority;
    case ':scheme':
      return probe.scheme;
    case 'x-forwarded-proto':
      return probe.headers[name] ?? probe.scheme;
    default:
      return probe.headers[name];
  }
}

/** The first value of each parameter, undecoded, as Envoy matches it. */
export function queryOf(probe: Probe): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const query = /\?([^#]*)/.exec(probe.path)?.[1] ?? '';
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    const name = at === -1 ? pair : pair.slice(0, at);
    if (name !== '' && !found.has(name)) found.set(name, at === -1 ? '' : pair.slice(at + 1));
  }
  return found;
}

export function cookiesOf(probe: Probe): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of (probe.headers.cookie ?? '').split(';')) {
    const [name = '', ...value] = pair.trim().split('=');
    if (name !== '' && !found.has(name)) found.set(name, value.join('='));
  }
  return found;
}
