import type { JsonObject } from '../../../render/json.ts';
import { textAt } from '../../../render/read-json.ts';
import { findChain } from '../../substitute/filter-chain-match.ts';
import { type ChainPlan, connectionOf, inspectsTls } from '../../substitute/listener-plan.ts';
import type { ProxyAddresses, RequestSpec } from '../check.ts';

/** How a check's client speaks to a filter chain: what goes into `RequestSpec` beside the request itself. */
export type ChainClient = Pick<RequestSpec, 'protocol' | 'tls' | 'proxyProtocol'>;

/**
 * The client for a chain, or why there is none. `http2`: the request needs HTTP/2. The server name is the host that is asked for
 * wherever that leads to the chain, as browsers do it.
 */
export function clientOf(
  listener: JsonObject,
  plan: ChainPlan,
  authority: string,
  http2: boolean,
): ChainClient | string {
  const { reach, tls, terminal } = plan;
  if (reach.kind === 'unreachable') return reach.reason;
  if (terminal.kind !== 'http') return `it ends in ${terminal.kind === 'other' ? terminal.type : 'a TCP proxy'}`;
  const codec = textAt(terminal.manager, 'codecType') ?? 'AUTO';
  if (codec === 'HTTP3') return 'it speaks HTTP/3, which checks do not';
  const forced = reach.applicationProtocol ?? (codec === 'HTTP2' ? 'h2' : codec === 'HTTP1' ? 'http/1.1' : undefined);
  const offers = (name: string) => !tls || tls.alpn.length === 0 || tls.alpn.includes(name);
  const wanted = http2 ? 'h2' : (forced ?? (offers('http/1.1') || !offers('h2') ? 'http/1.1' : 'h2'));
  if (wanted !== 'h2' && wanted !== 'http/1.1')
    return `it is for application protocol ${wanted}, which checks do not speak`;
  if (http2 && forced !== undefined && forced !== 'h2') return `it speaks ${forced} only, and gRPC needs HTTP/2`;
  if (http2 && tls && !tls.alpn.includes('h2')) return 'its TLS does not offer HTTP/2, which gRPC needs';
  const proxyProtocol: ProxyAddresses | undefined = reach.proxyHeader;
  const base = { protocol: wanted, ...(proxyProtocol ? { proxyProtocol } : {}) } as const;
  if (!tls) return reach.transport === 'raw' ? base : 'it is for TLS, and has none of its own';
  const host = authority.replace(/:\d+$/, '');
  const connection = connectionOf({
    proxyHeader: proxyProtocol,
    serverName: host,
    applicationProtocol: wanted,
    tls: inspectsTls(listener),
  });
  const serverName = findChain(listener, connection) === plan.chain ? host : (reach.serverName ?? 'meshgate.test');
  return { ...base, tls: { serverName, ...(tls.clientCertificate ? { clientCertificate: true } : {}) } };
}
