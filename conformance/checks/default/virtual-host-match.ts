import type { JsonObject } from '../../../render/json.ts';
import { objectsAt, textsAt } from '../../../render/read-json.ts';

/**
 * The virtual host that Envoy takes for a host: exact domain, then the longest `*suffix`, then the longest `prefix*`, then `*`;
 * without regard to case. `host` is the authority after the connection manager has stripped what it strips.
 */
export function selectVirtualHost(routeConfig: JsonObject, authority: string): JsonObject | undefined {
  const host = (
    routeConfig.ignorePortInHostMatching === true ? authority.replace(/:\d+$/, '') : authority
  ).toLowerCase();
  let best: { readonly virtualHost: JsonObject; readonly rank: number } | undefined;
  for (const virtualHost of objectsAt(routeConfig, 'virtualHosts')) {
    for (const domain of textsAt(virtualHost, 'domains')) {
      const rank = domainRank(domain.toLowerCase(), host);
      if (rank > 0 && (!best || rank > best.rank)) best = { virtualHost, rank };
    }
  }
  return best?.virtualHost;
}

const EXACT = 3_000_000;
const SUFFIX = 2_000_000;
const PREFIX = 1_000_000;

function domainRank(domain: string, host: string): number {
  if (domain === '*') return 1;
  if (domain === host) return EXACT;
  const fixed = domain.replace('*', '');
  if (host.length <= fixed.length) return 0; // the star stands for one character at least
  if (domain.startsWith('*') && host.endsWith(fixed)) return SUFFIX + fixed.length;
  return domain.endsWith('*') && host.startsWith(fixed) ? PREFIX + fixed.length : 0;
}

/** Authorities that a domain takes, natural ones first. */
export function authoritiesFor(domain: string): readonly string[] {
  if (domain === '*') return ['meshgate.test', 'meshgate.example', 'check.meshgate.internal', '127.0.0.1'];
  if (domain.startsWith('*')) return [`meshgate${domain.slice(1)}`, `check-meshgate${domain.slice(1)}`];
  if (domain.endsWith('*'))
    return [`${domain.slice(0, -1)}meshgate.test`, `${domain.slice(0, -1)}test`, `${domain.slice(0, -1)}example`];
  return [domain];
}
