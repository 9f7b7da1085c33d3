import { isJsonObject, type JsonObject, type JsonValue } from '../render/json.ts';
import { numberAt, objectsAt, stringAt } from '../render/read-json.ts';
import type { CommandContext } from './command-context.ts';
import { hostInUrl, listenAddress } from './listen-address.ts';

/** The admin interface of one Envoy: https://www.envoyproxy.io/docs/envoy/latest/operations/admin */
export type EnvoyAdmin = {
  /** Undefined: nobody answers. */
  get(path: string): Promise<{ readonly status: number; readonly text: string } | undefined>;
  post(path: string): Promise<{ readonly status: number; readonly text: string } | undefined>;
};

const WITHIN_MS = 5_000;

/** `HOST:PORT`, checked at once. Throws `UsageError`. */
export function envoyAdmin(option: string, address: string, { signal }: Pick<CommandContext, 'signal'>): EnvoyAdmin {
  const { host, port } = listenAddress(option, address, '127.0.0.1:9901');
  const ask = async (method: string, path: string) => {
    try {
      const response = await fetch(`http://${hostInUrl(host)}:${port}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  };
  return { get: (path) => ask('GET', path), post: (path) => ask('POST', path) };
}

/** What an Envoy still has in hand. */
export type InHand = { readonly requests: number; readonly otherConnections: number };

const STATS = '/stats?format=json&filter=downstream_(rq|cx)_active$';

/**
 * HTTP requests that are under way, and connections of listeners that are not HTTP's; idle HTTP connections are nobody's loss. Undefined:
 * it does not answer, or what answers is no Envoy.
 */
export async function inHand(admin: EnvoyAdmin): Promise<InHand | undefined> {
  const answer = await admin.get(STATS);
  const stats = answer?.status === 200 ? statsOf(answer.text) : undefined;
  if (!stats) return undefined;
  const sum = (pattern: RegExp): number =>
    stats
      .filter((stat) => pattern.test(stringAt(stat, 'name')))
      .reduce((total, stat) => total + (numberAt(stat, 'value') ?? 0), 0);
  const connections = sum(/^listener\.(?!admin\.)(?!.*\.worker_\d+\.).*\.downstream_cx_active$/);
  return {
    requests: sum(/^http\.(?!admin\.).*\.downstream_rq_active$/),
    otherConnections: Math.max(0, connections - sum(/^http\.(?!admin\.).*\.downstream_cx_active$/)),
  };
}

const GIVEN = '/stats?format=json&filter=^(cluster_manager.cds|listener_manager.lds).update_(attempt|success)$';
const DISCOVERED = { clusters: 'cluster_manager.cds', listeners: 'listener_manager.lds' };

/**
 * What this Envoy has asked a control plane for and never taken from it: `clusters`, `listeners`. An Envoy that has them in its bootstrap
 * asks nobody. Undefined: it does not answer, or what answers is no Envoy.
 */
export async function notGiven(admin: EnvoyAdmin): Promise<readonly string[] | undefined> {
  const answer = await admin.get(GIVEN);
  const stats = answer?.status === 200 ? statsOf(answer.text) : undefined;
  if (!stats) return undefined;
  const count = (name: string): number | undefined => {
    const stat = stats.find((each) => stringAt(each, 'name') === name);
    return stat && numberAt(stat, 'value');
  };
  return Object.entries(DISCOVERED)
    .filter(([, from]) => count(`${from}.update_attempt`) !== undefined && !count(`${from}.update_success`))
    .map(([what]) => what);
}

function statsOf(text: string): readonly JsonObject[] | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) && Array.isArray(value.stats) ? objectsAt(value, 'stats') : undefined;
  } catch {
    return undefined;
  }
}
