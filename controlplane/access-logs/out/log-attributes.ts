import type { LoggedBy } from './access-log-out.ts';

export type LogValue = string | number | readonly string[];

const MAX_TEXT = 1_024;

/** Of bounded length and well-formed; what is longer ends with `…`. */
const bounded = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…` : text.toWellFormed();

/** The query of a path, and what stands before the host, are where secrets are: they are never written. */
const withoutQuery = (path: string): string => path.replace(/[?#].*$/s, '');
const withoutUser = (authority: string): string => authority.slice(authority.lastIndexOf('@') + 1);

const splitHost = (authority: string): readonly [host: string, port: number | undefined] => {
  const { host, port } = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}))?$/.exec(authority)?.groups ?? {};
  return host === undefined ? [authority, undefined] : [host, port === undefined ? undefined : Number(port)];
};

/**
 * What is written of an entry: these attributes and no others, whatever an Envoy sends; no header but the request id and what a trace is
 * known by, no query, no custom tags. Names are those of OpenTelemetry's semantic conventions where these have one, else they begin with
 * `envoy.` or `meshgate.`. Empty texts are left out. https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export function logAttributes({ node, stage, direction, entry }: LoggedBy): Readonly<Record<string, LogValue>> {
  const { texts } = entry;
  const [host, port] = splitHost(withoutUser(texts?.authority ?? ''));
  const [client, clientPort] = splitHost(texts?.clientAddress ?? '');
  const isHttp = entry.kind === 'http';
  const all: Readonly<Record<string, LogValue | undefined>> = {
    'meshgate.stage': stage,
    'meshgate.node': node.id,
    'meshgate.source': direction.source,
    'meshgate.destination': direction.destination,
    'meshgate.reporter': direction.reporter,
    'envoy.version': node.version,
    'envoy.cluster': entry.cluster,
    'envoy.route': entry.route,
    'envoy.response_flags': entry.flags.length > 0 ? entry.flags : undefined,
    'envoy.response_code_details': entry.codeDetails,
    'envoy.attempts': entry.attempts || undefined,
    'envoy.duration_ms': entry.durationMs,
    'envoy.upstream.address': texts?.upstreamAddress,
    'envoy.upstream.sent_bytes': entry.bytesSent || undefined,
    'envoy.upstream.received_bytes': entry.bytesReceived || undefined,
    'envoy.upstream.fault': texts?.upstreamFault,
    'envoy.termination_details': texts?.terminationDetails,
    'envoy.intermediate': entry.isIntermediate ? 'true' : undefined,
    'network.transport': isHttp ? undefined : 'tcp',
    'network.protocol.name': isHttp ? 'http' : undefined,
    'network.protocol.version': texts?.protocol,
    'client.address': client,
    'client.port': clientPort,
    'server.address': host,
    'server.port': port,
    'url.scheme': texts?.scheme,
    'url.path': withoutQuery(texts?.path ?? ''),
    'user_agent.original': texts?.userAgent,
    'http.request.method': texts?.method,
    'http.request.header.x-request-id': texts?.requestId,
    'http.request.body.size': isHttp ? texts?.requestBytes : undefined,
    'http.response.body.size': isHttp ? texts?.responseBytes : undefined,
    'http.response.status_code': entry.code || undefined,
    'rpc.response.status_code': entry.grpcStatus === undefined ? undefined : String(entry.grpcStatus),
  };
  const written: Record<string, LogValue> = {};
  for (const [name, value] of Object.entries(all))
    if (value !== undefined && value !== '') written[name] = typeof value === 'string' ? bounded(value) : value;
  return written;
}

/** 9 of the severities of OpenTelemetry is INFO, 17 ERROR. */
export const SEVERITIES = { info: { number: 9, text: 'INFO' }, error: { number: 17, text: 'ERROR' } } as const;
