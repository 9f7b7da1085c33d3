import {
  type ClientRequestArgs,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { SourceFault } from '../ask-on.ts';

/** A server that is asked over HTTP: a Consul, or the API of a Kubernetes. */
export type HttpEndpoint = {
  /** `https://consul.internal:8501`; a path in it comes before every path. */
  readonly url: string;
  /** PEM of the authorities that its certificate must come from; default: those of the machine. */
  readonly ca?: string;
  /** Of this client, where the server asks for one. */
  readonly cert?: string;
  readonly key?: string;
  /** Asked for each request, since tokens are renewed; never logged. */
  readonly token?: () => Promise<string | undefined>;
};

export type HttpApi = {
  /** For people; without a password. */
  readonly origin: string;
  /** The answer of a GET, its body not read yet. Rejects with a `SourceFault` when no head of an answer comes within `timeoutMs`. */
  get(path: string, options: GetOptions): Promise<HttpAnswer>;
};

export type GetOptions = {
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
};

/** `tokenHeader` makes the header that carries the endpoint's token. */
export function httpApi(
  endpoint: HttpEndpoint,
  tokenHeader: (token: string) => Readonly<Record<string, string>>,
): HttpApi {
  const base = new URL(endpoint.url);
  const isTls = base.protocol === 'https:';
  if (!isTls && base.protocol !== 'http:') throw new Error(`${base.protocol} is neither http: nor https:`);
  const agentOptions = { keepAlive: true, keepAliveMsecs: 15_000 };
  const { ca, cert, key } = endpoint;
  const agent = isTls
    ? new HttpsAgent({ ...agentOptions, ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) })
    : new HttpAgent(agentOptions);
  return {
    origin: base.origin,
    async get(path, { query = [], timeoutMs, signal }) {
      const url = new URL(base);
      url.pathname = `${base.pathname.replace(/\/+$/, '')}${path}`;
      for (const [name, value] of query) url.searchParams.append(name, value);
      const token = await endpoint.token?.();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const headers = { accept: 'application/json', ...(token ? tokenHeader(token) : {}) };
      const args: ClientRequestArgs = { agent, headers, signal: limit };
      if (limit.aborted) throw new SourceFault(`${base.origin} was not asked in time`);
      return new Promise<HttpAnswer>((resolve, reject) => {
        const request = isTls ? httpsRequest(url, args, take) : httpRequest(url, args, take);
        request.on('error', (error) => {
          const isLate = limit.aborted && !signal.aborted;
          const words = isLate ? `no answer within ${timeoutMs} ms` : causeOf(error);
          reject(new SourceFault(`${base.origin} cannot be asked: ${words}`));
        });
        // A peer that lost its power never says so; the kernel asks.
        request.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
        request.end();
        function take(body: IncomingMessage): void {
          resolve({ status: body.statusCode ?? 0, headers: body.headers, body });
        }
      });
    },
  };
}

/** Node's error of a connection that was refused at several addresses has no words of its own. */
function causeOf(error: Error & { readonly code?: unknown }): string {
  if (typeof error.code === 'string') return error.code;
  return error.message || error.name;
}

/** The JSON of an answer; throws a `SourceFault` for another status than 200, for more than `maxBytes`, and for what is no JSON. */
export async function jsonOf({ status, body }: HttpAnswer, origin: string, maxBytes: number): Promise<unknown> {
  const text = await textOf(body, origin, maxBytes);
  if (status !== 200) throw new SourceFault(`${origin} answered ${status}: ${firstLine(text)}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SourceFault(`${origin} answered with something that is no JSON`);
  }
}

async function textOf(body: IncomingMessage, origin: string, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw new SourceFault(`${origin} answered with more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
  } catch (error) {
    if (error instanceof SourceFault) throw error;
    throw new SourceFault(`${origin} broke off its answer`);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** A server's own words, cut: nobody knows what a proxy on the way says. */
const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 120) || 'without a word';
