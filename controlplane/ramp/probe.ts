import { request } from 'node:http';
import { connect } from 'node:net';
import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import type { DiscoveredHost } from '../discovery/discovered-host.ts';
import { durationMs } from './cluster-settings.ts';

/** How a control plane asks a host for its health: as the cluster's first health check does. */
export type ProbeSpec = {
  readonly check:
    | {
        readonly kind: 'http';
        readonly method: string;
        readonly path: string;
        /** `Host`. A host's own name is not asked for: Envoy takes that of its `health_check_config` alone, which is not served. */
        readonly host: string;
        readonly headers: Readonly<Record<string, string>>;
        /** Half-open ranges. */
        readonly expected: readonly { readonly start: number; readonly end: number }[];
      }
    | { readonly kind: 'tcp'; readonly send: Buffer; readonly receive: readonly Buffer[] };
  readonly timeoutMs: number;
  readonly intervalMs: number;
  /** So many answers in a row turn a host; the first one of all counts at once, as for Envoy. */
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** In place of the hosts' own. */
  readonly port: number | undefined;
};

const FASTEST_MS = 1_000;

/** What of an HTTP check is asked beside the status. */
const ASKS_MORE = ['serviceNameMatcher', 'send', 'receive'];

/**
 * Undefined where a probe cannot ask what Envoy asks: no check, one by gRPC or HTTP/2, one that looks into the answer, or over TLS. A probe
 * that asks something easier would call hosts healthy that Envoys refuse.
 */
export function probeSpecOf(cluster: JsonObject): ProbeSpec | undefined {
  const [check] = objectsAt(cluster, 'healthChecks');
  if (!check || objectAt(cluster, 'transportSocket') || objectsAt(cluster, 'transportSocketMatches').length > 0)
    return undefined;
  const base = {
    timeoutMs: durationMs(check, 'timeout') || 1_000,
    intervalMs: Math.max(FASTEST_MS, durationMs(check, 'interval')),
    healthyThreshold: numberAt(check, 'healthyThreshold') ?? 1,
    unhealthyThreshold: numberAt(check, 'unhealthyThreshold') ?? 1,
    port: numberAt(check, 'altPort') || undefined,
  };
  const http = objectAt(check, 'httpHealthCheck');
  if (http) {
    const codec = textAt(http, 'codecClientType') ?? 'HTTP1';
    if (codec !== 'HTTP1' || ASKS_MORE.some((field) => http[field] !== undefined)) return undefined;
    const written = objectsAt(http, 'expectedStatuses');
    const added = objectsAt(http, 'requestHeadersToAdd').flatMap((option) => {
      const header = objectAt(option, 'header');
      const key = textAt(header, 'key');
      return key === undefined ? [] : [[key, textAt(header, 'value') ?? ''] as const];
    });
    const ranges = written.map((range) => ({ start: numberAt(range, 'start') ?? 0, end: numberAt(range, 'end') ?? 0 }));
    const method = textAt(http, 'method') ?? 'GET';
    return {
      ...base,
      check: {
        kind: 'http',
        method: method === 'METHOD_UNSPECIFIED' ? 'GET' : method,
        path: textAt(http, 'path') ?? '/',
        host: textAt(http, 'host') || (textAt(cluster, 'name') ?? ''),
        headers: Object.fromEntries(added),
        expected: ranges.length > 0 ? ranges : [{ start: 200, end: 201 }],
      },
    };
  }
  const tcp = objectAt(check, 'tcpHealthCheck');
  if (!tcp) return undefined;
  return {
    ...base,
    check: {
      kind: 'tcp',
      send: payload(objectAt(tcp, 'send')),
      receive: objectsAt(tcp, 'receive').map(payload),
    },
  };
}

/** Bytes of a health check, written in hex or (proto3 JSON) in Base64. */
const payload = (body: JsonObject | undefined): Buffer => {
  const hex = textAt(body, 'text');
  return hex === undefined ? Buffer.from(textAt(body, 'binary') ?? '', 'base64') : Buffer.from(hex, 'hex');
};

/** Asks once. Never rejects. */
export const askHost = (spec: ProbeSpec, host: DiscoveredHost): Promise<boolean> =>
  spec.check.kind === 'http' ? askHttp(spec, spec.check, host) : askTcp(spec, spec.check, host);

function askHttp(
  { timeoutMs, port }: ProbeSpec,
  check: Extract<ProbeSpec['check'], { kind: 'http' }>,
  host: DiscoveredHost,
): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({
      host: host.address,
      port: port ?? host.port,
      method: check.method,
      path: check.path,
      headers: { 'user-agent': 'Envoy/HC', ...check.headers, host: check.host },
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    asking.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      resolve(check.expected.some(({ start, end }) => status >= start && status < end));
    });
    asking.on('error', () => resolve(false));
    asking.end();
  });
}

const MOST_RECEIVED_BYTES = 64 * 1024;

/** As Envoy: the wanted blocks come one after the other, with anything between them; without any, to connect is enough. */
function askTcp(
  { timeoutMs, port }: ProbeSpec,
  check: Extract<ProbeSpec['check'], { kind: 'tcp' }>,
  host: DiscoveredHost,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.address, port: port ?? host.port, signal: AbortSignal.timeout(timeoutMs) });
    let received = Buffer.alloc(0);
    const done = (healthy: boolean): void => {
      resolve(healthy);
      socket.destroy();
    };
    socket.on('connect', () => {
      if (check.send.length > 0) socket.write(check.send);
      if (check.receive.length === 0) done(true);
    });
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece]);
      if (holdsInOrder(received, check.receive)) done(true);
      else if (received.length > MOST_RECEIVED_BYTES) done(false);
    });
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
  });
}

function holdsInOrder(received: Buffer, wanted: readonly Buffer[]): boolean {
  let from = 0;
  for (const block of wanted) {
    const at = received.indexOf(block, from);
    if (at === -1) return false;
    from = at + block.length;
  }
  return true;
}
