import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { bearsToken } from '../../access/bearer-token.ts';
import { hostAddress, hostKey } from '../discovered-host.ts';
import type { KeptRegistry } from './kept-registry.ts';
import { isServiceName, readRegistration, SERVICE_NAME_WANT, writtenRegistration } from './registration.ts';
import type { Entry, RegistryTable } from './registry-table.ts';

export type RegistryHandlerOptions = {
  readonly table: RegistryTable;
  /** What callers must send as `authorization: Bearer …`; default: nothing is asked of them. */
  readonly token?: string;
  /** Default: what is registered is forgotten with the process. */
  readonly kept?: KeptRegistry;
};

const MAX_BODY_BYTES = 16 * 1024;

/** An answer that is no success. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, problem: string, headers: Record<string, string> = {}) {
    super(problem);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The registration API, in the manner of the classic discovery service (https://github.com/lyft/discovery):
 * `POST /v1/registration/SERVICE` registers or renews a host, `DELETE /v1/registration/SERVICE/ADDRESS:PORT` takes it out,
 * `GET /v1/registration[/SERVICE]` lists, `GET /healthcheck` answers whoever asks.
 */
export function registryHandler(options: RegistryHandlerOptions): RequestListener {
  return (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'the registry failed');
      // What is left of a body is not read.
      if (!request.complete) response.setHeader('connection', 'close');
      for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
      send(response, refusal.status, { error: refusal.message });
    });
  };
}

async function answer(
  options: RegistryHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { table, kept } = options;
  const method = request.method ?? '';
  const parts = partsOf(request.url ?? '');
  if (parts.length === 1 && parts[0] === 'healthcheck') {
    only(method, 'GET');
    return send(response, 200, {});
  }
  mayAsk(options.token, request.headers.authorization);
  if (parts[0] !== 'v1' || parts[1] !== 'registration' || parts.length > 4)
    throw new Refusal(404, 'want /v1/registration, /v1/registration/SERVICE or /v1/registration/SERVICE/ADDRESS:PORT');
  const [, , service, host] = parts;
  if (service === undefined) {
    only(method, 'GET');
    return send(response, 200, { services: table.services() });
  }
  if (!isServiceName(service)) throw new Refusal(400, `want ${SERVICE_NAME_WANT}`);
  if (host !== undefined) {
    only(method, 'DELETE');
    const key = keyOf(host);
    if (key === undefined) throw new Refusal(400, 'want ADDRESS:PORT, with an IPv6 address in brackets');
    if (!table.deregister(service, key)) throw new Refusal(404, `${service} has no host ${key}`);
    await kept?.stored();
    return send(response, 204);
  }
  only(method, 'GET', 'POST');
  if (method === 'GET') {
    const hosts = table.list(service).map((entry) => listed(entry, table.leftMs(entry)));
    return send(response, 200, { service, hosts });
  }
  const read = readRegistration(service, await bodyOf(request));
  if (read.kind === 'refused') throw new Refusal(400, read.problem);
  const { registration } = read;
  const registered = table.register(registration);
  if (registered.kind === 'full') throw new Refusal(507, registered.problem);
  const stored = (await kept?.stored()) ?? false;
  send(response, registered.kind === 'new' ? 201 : 200, {
    host: hostKey(registration.host),
    ttl_seconds: registration.ttlMs / 1_000,
    stored,
  });
}

const listed = ({ registration }: Entry, leftMs: number): unknown => ({
  ...writtenRegistration(registration),
  expires_in_seconds: Math.round(leftMs / 1_000),
});

function partsOf(url: string): readonly string[] {
  const [path = ''] = url.split('?');
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw new Refusal(400, 'the path is not encoded as paths are');
  }
}

function only(method: string, ...allowed: readonly string[]): void {
  if (!allowed.includes(method)) throw new Refusal(405, `want ${allowed.join(' or ')}`, { allow: allowed.join(', ') });
}

function mayAsk(token: string | undefined, authorization: string | undefined): void {
  if (token !== undefined && !bearsToken(token, authorization))
    throw new Refusal(401, 'want the token of this registry', { 'www-authenticate': 'Bearer' });
}

function keyOf(text: string): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const address = hostAddress(match?.[1] ?? match?.[2] ?? '');
  return match && address !== undefined ? hostKey({ address, port: Number(match[3]) }) : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  // Also what keeps a page in somebody's browser from registering a host: it may not send this type to another origin.
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw new Refusal(415, 'want content-type: application/json');
  const pieces: Buffer[] = [];
  let bytes = 0;
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    pieces.push(piece);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)));
  } catch {
    throw new Refusal(400, 'want JSON');
  }
}

const tooLarge = (): Refusal => new Refusal(413, `want at most ${MAX_BODY_BYTES} bytes`);

function send(response: ServerResponse, status: number, body?: unknown): void {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  if (body === undefined) return void response.end();
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(body)}\n`);
}
