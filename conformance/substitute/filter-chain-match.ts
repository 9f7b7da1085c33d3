import type { JsonObject } from '../../render/json.ts';
import { listAt, numberAt, objectAt, objectsAt, textAt, textsAt } from '../../render/read-json.ts';
import { cidrContains, cidrOf, isLoopback } from './cidr.ts';

/** A connection as a listener sees it once its listener filters have run. */
export type Connection = {
  readonly destination: { readonly address: string; readonly port: number };
  readonly source: { readonly address: string; readonly port: number };
  /** The address that the socket really came from; differs from `source` behind a PROXY protocol header. */
  readonly directSource: string;
  readonly transport: 'tls' | 'raw_buffer';
  readonly serverName: string | undefined;
  readonly applicationProtocols: readonly string[];
};

const matchOf = (chain: JsonObject): JsonObject => objectAt(chain, 'filterChainMatch') ?? {};

/**
 * The filter chain that Envoy takes, by its order of criteria: destination port, destination address, server name, transport,
 * application protocol, direct source, source type, source address, source port. At each the most specific one wins, and there
 * is no way back to a less specific one when a later criterion fails; then it is the default chain, or none.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener_components.proto
 */
export function findChain(listener: JsonObject, connection: Connection): JsonObject | undefined {
  let chains = objectsAt(listener, 'filterChains');
  for (const narrow of CRITERIA) chains = narrow(chains, connection);
  return chains[0] ?? objectAt(listener, 'defaultFilterChain');
}

type Narrow = (chains: readonly JsonObject[], connection: Connection) => readonly JsonObject[];

const CRITERIA: readonly Narrow[] = [
  (chains, { destination }) => {
    const exact = chains.filter((chain) => numberAt(matchOf(chain), 'destinationPort') === destination.port);
    return exact.length > 0
      ? exact
      : chains.filter((chain) => numberAt(matchOf(chain), 'destinationPort') === undefined);
  },
  byAddress('prefixRanges', (connection) => connection.destination.address),
  (chains, { serverName }) => byServerName(chains, serverName?.toLowerCase()),
  (chains, { transport }) =>
    exactOrAny(chains, (chain) => textAt(matchOf(chain), 'transportProtocol') ?? '', transport),
  (chains, { applicationProtocols }) => {
    const lists = chains.map((chain) => ({ chain, names: textsAt(matchOf(chain), 'applicationProtocols') }));
    for (const protocol of applicationProtocols) {
      const named = lists.filter(({ names }) => names.includes(protocol));
      if (named.length > 0) return named.map(({ chain }) => chain);
    }
    return lists.filter(({ names }) => names.length === 0).map(({ chain }) => chain);
  },
  byAddress('directSourcePrefixRanges', (connection) => connection.directSource),
  (chains, { source, destination }) => {
    const local = isLoopback(source.address) || source.address === destination.address;
    const type = local ? 'SAME_IP_OR_LOOPBACK' : 'EXTERNAL';
    return exactOrAny(chains, (chain) => (textAt(matchOf(chain), 'sourceType') ?? 'ANY').replace('ANY', ''), type);
  },
  byAddress('sourcePrefixRanges', (connection) => connection.source.address),
  (chains, { source }) => {
    const exact = chains.filter((chain) => listAt(matchOf(chain), 'sourcePorts').includes(source.port));
    return exact.length > 0 ? exact : chains.filter((chain) => listAt(matchOf(chain), 'sourcePorts').length === 0);
  },
];

function exactOrAny(
  chains: readonly JsonObject[],
  read: (chain: JsonObject) => string,
  wanted: string,
): readonly JsonObject[] {
  const exact = chains.filter((chain) => read(chain) === wanted);
  return exact.length > 0 ? exact : chains.filter((chain) => read(chain) === '');
}

/** The longest range that holds the address wins; chains without ranges come last. */
function byAddress(field: string, read: (connection: Connection) => string): Narrow {
  return (chains, connection) => {
    const longest = chains.map((chain) => {
      const ranges = objectsAt(matchOf(chain), field);
      if (ranges.length === 0) return -1;
      const lengths = ranges
        .map(cidrOf)
        .filter((cidr) => cidr !== undefined)
        .filter((cidr) => cidrContains(cidr, read(connection)))
        .map((cidr) => cidr.length);
      return lengths.length > 0 ? Math.max(...lengths) : -2;
    });
    const best = Math.max(...longest);
    return best === -2 ? [] : chains.filter((_, index) => longest[index] === best);
  };
}

function byServerName(chains: readonly JsonObject[], serverName: string | undefined): readonly JsonObject[] {
  const named = chains.map((chain) => ({
    chain,
    names: textsAt(matchOf(chain), 'serverNames').map((name) => name.toLowerCase()),
  }));
  for (const name of serverName === undefined || serverName === '' ? [] : patternsOf(serverName)) {
    const found = named.filter(({ names }) => names.includes(name));
    if (found.length > 0) return found.map(({ chain }) => chain);
  }
  return named.filter(({ names }) => names.length === 0).map(({ chain }) => chain);
}

/** `a.b.com` is looked up as `a.b.com`, `*.b.com`, `*.com`. */
function patternsOf(serverName: string): string[] {
  const labels = serverName.split('.');
  return [serverName, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)];
}
