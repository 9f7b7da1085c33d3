import { isIP } from 'node:net';
import type { JsonObject } from '../../render/json.ts';
import { member, numberAt, objectAt, objectsAt, textAt, textsAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';
import { containersIn, typeOf } from '../matching/canonical-body.ts';
import { addressIn, type Cidr, cidrOf, ipBits } from './cidr.ts';
import { type Connection, findChain } from './filter-chain-match.ts';

export type ProxyHeader = Pick<Connection, 'source' | 'destination'>;

/** How a client on loopback comes to a filter chain. */
export type ChainReach =
  | {
      readonly kind: 'reachable';
      /** Whether the client speaks TLS: with the listener, or, where the chain has no TLS of its own, through it with the host. */
      readonly transport: 'raw' | 'tls' | 'tls-passthrough';
      /** The TLS server name to send (an address stands for none); undefined without TLS. */
      readonly serverName: string | undefined;
      readonly applicationProtocol: string | undefined;
      /** A PROXY protocol header to send first, with these addresses. */
      readonly proxyHeader: ProxyHeader | undefined;
    }
  | { readonly kind: 'unreachable'; readonly reason: string };

export type ChainPlan = {
  /** The chain's name, else its index, else `default`. Unique within the listener. */
  readonly name: string;
  readonly chain: JsonObject;
  readonly terminal:
    | { readonly kind: 'http'; readonly manager: JsonObject }
    | { readonly kind: 'tcp-proxy'; readonly proxy: JsonObject }
    | { readonly kind: 'other'; readonly type: string };
  /** Network filters before the terminal one, as Anys. */
  readonly before: readonly JsonObject[];
  readonly tls: { readonly alpn: readonly string[]; readonly clientCertificate: boolean } | undefined;
  readonly reach: ChainReach;
};

export type ListenerPlan = {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'quic' | 'internal' | 'pipe' | 'api';
  readonly useOriginalDst: boolean;
  /** What the listener, as it runs in a cell, wants of a PROXY protocol header. */
  readonly proxyProtocol: 'required' | 'optional' | 'none';
  /**
   * True where filter chains are chosen by addresses or ports that a client on loopback does not have: the cell's listener takes
   * PROXY protocol headers (and works without), so that a client can say which addresses it stands for.
   */
  readonly steered: boolean;
  readonly chains: readonly ChainPlan[];
};

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
const DOWNSTREAM_TLS = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const PROXY_PROTOCOL = 'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';
const BY_ADDRESS = ['destinationPort', 'prefixRanges', 'sourcePrefixRanges', 'sourcePorts', 'sourceType'];
/** TEST-NET-1, RFC 5737: addresses that are nobody's. */
const ANY_CLIENT = '192.0.2.1';
const ANY_SERVER = '192.0.2.2';
const ANY_CLIENT_V6 = '2001:db8:0:0:0:0:0:1';
const ANY_SERVER_V6 = '2001:db8:0:0:0:0:0:2';

export function planListener(resource: Resource): ListenerPlan {
  const listener = resource.body;
  const protocol = protocolOf(listener);
  const wants = proxyProtocolOf(listener);
  const matches = objectsAt(listener, 'filterChains').map((chain) => objectAt(chain, 'filterChainMatch'));
  const byAddress = matches.some((match) => BY_ADDRESS.some((field) => member(match, field) !== undefined));
  const steered = byAddress && protocol === 'tcp' && wants === 'none';
  const base = { listener, protocol, headers: steered || wants !== 'none', inspects: inspectsTls(listener) };
  const chains = objectsAt(listener, 'filterChains').map((chain, index) =>
    planChain(base, chain, textAt(chain, 'name') ?? String(index)),
  );
  const fallback = objectAt(listener, 'defaultFilterChain');
  if (fallback) chains.push(planChain(base, fallback, textAt(fallback, 'name') ?? 'default'));
  return {
    name: resource.name,
    protocol,
    useOriginalDst: member(listener, 'useOriginalDst') === true,
    proxyProtocol: steered ? 'optional' : wants,
    steered,
    chains: uniqueNames(chains),
  };
}

function uniqueNames(chains: readonly ChainPlan[]): readonly ChainPlan[] {
  const seen = new Map<string, number>();
  return chains.map((plan) => {
    const count = (seen.get(plan.name) ?? 0) + 1;
    seen.set(plan.name, count);
    return count === 1 ? plan : { ...plan, name: `${plan.name}#${count}` };
  });
}

function protocolOf(listener: JsonObject): ListenerPlan['protocol'] {
  if (objectAt(listener, 'apiListener')) return 'api';
  if (objectAt(listener, 'internalListener') || objectAt(listener, 'address', 'envoyInternalAddress'))
    return 'internal';
  if (objectAt(listener, 'udpListenerConfig', 'quicOptions')) return 'quic';
  if (textAt(listener, 'address', 'socketAddress', 'protocol') === 'UDP') return 'udp';
  return objectAt(listener, 'address', 'pipe') ? 'pipe' : 'tcp';
}

function proxyProtocolOf(listener: JsonObject): ListenerPlan['proxyProtocol'] {
  const filter = objectsAt(listener, 'listenerFilters').find(
    (candidate) =>
      typeOf(candidate.typedConfig) === PROXY_PROTOCOL || candidate.name === 'envoy.filters.listener.proxy_protocol',
  );
  if (!filter) return 'none';
  return member(filter, 'typedConfig', 'allowRequestsWithoutProxyProtocol') === true ? 'optional' : 'required';
}

const FROM_TLS = ['serverNames', 'transportProtocol', 'applicationProtocols'];

export const inspectsTls = (listener: JsonObject): boolean =>
  objectsAt(listener, 'listenerFilters').some(
    ({ name, typedConfig }) =>
      typeOf(typedConfig).endsWith('.TlsInspector') || name === 'envoy.filters.listener.tls_inspector',
  );

type Base = {
  readonly listener: JsonObject;
  readonly protocol: ListenerPlan['protocol'];
  readonly headers: boolean;
  /** Whether the listener looks into TLS before it chooses; without that it sees no server name, and no TLS at all. */
  readonly inspects: boolean;
};

function planChain(base: Base, chain: JsonObject, name: string): ChainPlan {
  const filters = objectsAt(chain, 'filters').map((filter) => objectAt(filter, 'typedConfig') ?? filter);
  const last = filters.at(-1);
  const type = typeOf(last);
  let context: JsonObject | undefined;
  for (const found of containersIn(chain.transportSocket ?? {})) if (typeOf(found) === DOWNSTREAM_TLS) context = found;
  const other = context ? undefined : otherSocket(chain);
  const tls = context && {
    alpn: textsAt(context, 'commonTlsContext', 'alpnProtocols'),
    clientCertificate: context.requireClientCertificate === true,
  };
  return {
    name,
    chain,
    terminal:
      last && type === HCM
        ? { kind: 'http', manager: last }
        : last && type === TCP_PROXY
          ? { kind: 'tcp-proxy', proxy: last }
          : { kind: 'other', type: last ? type : 'no filter' },
    before: filters.slice(0, -1),
    tls,
    reach: other ? unreachable(`its transport socket ${other} is not spoken by checks`) : reachOf(base, chain, tls),
  };
}

function otherSocket(chain: JsonObject): string | undefined {
  const socket = objectAt(chain, 'transportSocket');
  if (!socket) return undefined;
  const type = typeOf(socket.typedConfig) || (textAt(socket, 'name') ?? '');
  return type.includes('raw_buffer') || type.includes('tcp_stats') || type.includes('.tap.') ? undefined : type;
}

const unreachable = (reason: string): ChainReach => ({ kind: 'unreachable', reason });

const NOT_TCP: Readonly<Partial<Record<ListenerPlan['protocol'], string>>> = {
  udp: 'the listener takes UDP',
  quic: 'the listener speaks HTTP/3 over QUIC, which checks do not',
  internal: 'the listener is internal: only other listeners and clusters of this Envoy reach it',
  api: 'the listener is an API listener, which takes no connections',
  pipe: 'the listener is a Unix domain socket',
};

function reachOf(
  { listener, protocol, headers, inspects }: Base,
  chain: JsonObject,
  tls: ChainPlan['tls'],
): ChainReach {
  const refused = NOT_TCP[protocol];
  if (refused) return unreachable(refused);
  if (objectAt(listener, 'filterChainMatcher')) return unreachable('a filter chain matcher chooses the chain');
  const transports = tls ? (['tls'] as const) : (['raw', 'tls-passthrough'] as const);
  for (const transport of transports) {
    const speaksTls = transport !== 'raw';
    for (const proxyHeader of headers ? proxyHeaders(listener, chain) : [undefined]) {
      for (const serverName of speaksTls ? serverNamesFor(chain) : [undefined]) {
        for (const applicationProtocol of speaksTls ? protocolsFor(chain, tls) : [undefined]) {
          const connection = connectionOf({ proxyHeader, serverName, applicationProtocol, tls: speaksTls && inspects });
          if (findChain(listener, connection) !== chain) continue;
          return { kind: 'reachable', transport, serverName, applicationProtocol, proxyHeader };
        }
      }
    }
  }
  if (!inspects && FROM_TLS.some((field) => member(chain, 'filterChainMatch', field) !== undefined)) {
    return unreachable('the listener has no tls_inspector, without which it never chooses this chain');
  }
  return unreachable(
    'no client on loopback is led to it: an earlier criterion of another filter chain is more specific',
  );
}

/** The connection that a check makes. Without a PROXY header it comes from loopback to loopback. */
export function connectionOf(client: {
  readonly proxyHeader: ProxyHeader | undefined;
  readonly serverName: string | undefined;
  readonly applicationProtocol: string | undefined;
  readonly tls: boolean;
}): Connection {
  return {
    ...(client.proxyHeader ?? {
      source: { address: '127.0.0.1', port: 0 },
      destination: { address: '127.0.0.1', port: 0 },
    }),
    directSource: '127.0.0.1',
    transport: client.tls ? 'tls' : 'raw_buffer',
    // RFC 6066: an address is no server name, and clients leave it out.
    serverName: client.tls && isIP(client.serverName ?? '') === 0 ? client.serverName : undefined,
    applicationProtocols: client.tls && client.applicationProtocol !== undefined ? [client.applicationProtocol] : [],
  };
}

/** For chains that take any name: names that others are not likely to ask for, and an address, which is sent as no name at all. */
const ANY_NAMES = ['meshgate.test', 'meshgate.example', '127.0.0.1'];

function serverNamesFor(chain: JsonObject): readonly string[] {
  const names = textsAt(chain, 'filterChainMatch', 'serverNames');
  return names.length === 0 ? ANY_NAMES : names.map((name) => name.replace(/^\*\./, 'meshgate.'));
}

function protocolsFor(chain: JsonObject, tls: ChainPlan['tls']): readonly (string | undefined)[] {
  const wanted = textsAt(chain, 'filterChainMatch', 'applicationProtocols');
  if (wanted.length > 0) return wanted;
  return tls && tls.alpn.length > 0 ? [undefined, ...tls.alpn] : [undefined];
}

/** Headers that may lead to the chain: addresses out of its own ranges, at several offsets to get around ranges inside of those. */
function proxyHeaders(listener: JsonObject, chain: JsonObject): readonly ProxyHeader[] {
  const match = objectAt(chain, 'filterChainMatch');
  const rangesOf = (field: string) =>
    objectsAt(match, field)
      .map(cidrOf)
      .filter((cidr) => cidr !== undefined);
  const own = textAt(listener, 'address', 'socketAddress', 'address') ?? '';
  const ownPort = numberAt(listener, 'address', 'socketAddress', 'portValue') ?? 0;
  const destinations = rangesOf('prefixRanges');
  const sources = rangesOf('sourcePrefixRanges');
  const v6 =
    (destinations[0] ?? sources[0])?.width === 128 || (destinations.length + sources.length === 0 && own.includes(':'));
  const concrete = ipBits(own)?.width === (v6 ? 128 : 32) && !/^[0:.]+$/.test(own) ? own : undefined;
  const ports = match?.sourcePorts;
  const sourcePort = Array.isArray(ports) && typeof ports[0] === 'number' ? ports[0] : 40_000;
  const local = textAt(match, 'sourceType') === 'SAME_IP_OR_LOOPBACK';
  const pick = (ranges: readonly Cidr[], offset: number, fallback: string) => {
    const range = ranges[offset % Math.max(1, ranges.length)];
    return range ? addressIn(range, offset) : fallback;
  };
  const header = (offset: number, port: number): ProxyHeader => ({
    destination: {
      address: pick(destinations, offset, concrete ?? (v6 ? ANY_SERVER_V6 : ANY_SERVER)),
      port: numberAt(match, 'destinationPort') ?? port,
    },
    source: {
      address: pick(sources, offset, local ? (v6 ? '::1' : '127.0.0.1') : v6 ? ANY_CLIENT_V6 : ANY_CLIENT),
      port: sourcePort,
    },
  });
  // The second port is one that no chain is likely to name: for chains that take what the others leave.
  return [1, 0, 2, 7, 77, 7_777].flatMap((offset) => [header(offset, ownPort || 80), header(offset, 64_999)]);
}
