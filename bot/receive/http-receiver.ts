import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, HTTPReceiver, type Receiver } from '@slack/bolt';
import type { Log } from '../log.ts';
import { boltLogger } from '../slack/slack-client.ts';
import type { ReplayMemory } from './replay-memory.ts';
import type { Rush } from './rush.ts';
import { signatureProblem } from './verify-signature.ts';

export type HttpReceiverOptions = {
  readonly signingSecret: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly replays: ReplayMemory;
  readonly rush: Pick<Rush, 'enter'>;
  readonly clock: { nowEpochMs(): number };
  readonly log: Log;
};

/** Slack's own are below 100 kB. */
const MAX_BODY_BYTES = 1_000_000;
/**
 * Longer than what proxies keep an idle connection to what is behind them (60 s by default, as nginx and AWS's do), so that they reuse
 * it: a new one costs more than all the rest of an acknowledgement.
 */
const KEEP_ALIVE_MS = 75_000;
const HTTP_PATH = '/slack/events';

/**
 * Slack over HTTP. Bolt's receiver checks signatures and remembers none, so each request is judged here first: raw bytes, constant time,
 * at most five minutes off, and never twice. What cannot be judged is refused.
 */
export class GuardedHttpReceiver implements Receiver {
  readonly #bolt: HTTPReceiver;
  readonly #options: HttpReceiverOptions;
  #server: Server | undefined;

  constructor(options: HttpReceiverOptions) {
    this.#options = options;
    this.#bolt = new HTTPReceiver({
      signingSecret: options.signingSecret,
      endpoints: [HTTP_PATH],
      logger: boltLogger(options.log),
      bodyLimit: MAX_BODY_BYTES,
    });
    const inner = this.#bolt.requestListener;
    this.#bolt.requestListener = (request, response) => {
      void this.#guard(request, response, inner);
    };
  }

  init(app: App): void {
    this.#bolt.init(app);
  }
  /** Resolves with where it listens. */
  async start(): Promise<string> {
    const { host, port } = this.#options;
    this.#server = await this.#bolt.start(
      { host, port },
      { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: KEEP_ALIVE_MS },
    );
    const bound = this.#server.address() as AddressInfo;
    return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}${HTTP_PATH}`;
  }
  async stop(): Promise<void> {
    if (!this.#server) return;
    this.#server.closeIdleConnections();
    const closing = this.#bolt.stop();
    this.#server.closeAllConnections();
    this.#server = undefined;
    await closing;
  }

  async #guard(
    request: IncomingMessage,
    response: ServerResponse,
    inner: HTTPReceiver['requestListener'],
  ): Promise<void> {
    const { log, clock, replays, signingSecret } = this.#options;
    const refuse = (status: number, why: string): void => {
      log('warn', `refused a request to ${HTTP_PATH}: ${why}`);
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
      response.end(status === 503 ? 'try again later\n' : 'refused\n');
    };
    try {
      if (request.method !== 'POST' || request.url?.split('?')[0] !== HTTP_PATH) {
        response.writeHead(404).end();
        return;
      }
      const body = await readAll(request);
      if (body === undefined) return refuse(413, `more than ${MAX_BODY_BYTES} bytes`);
      // Slack asks in this one way whether TLS works, without a signature; nothing is done for it.
      if (
        body.length < 200 &&
        /^(.*&)?ssl_check=1(&.*)?$/.test(body.toString('latin1')) &&
        !header(request, 'x-slack-signature')
      ) {
        response.writeHead(200).end();
        return;
      }
      const timestamp = header(request, 'x-slack-request-timestamp');
      const signature = header(request, 'x-slack-signature');
      const problem = signatureProblem({ timestamp, signature, body }, signingSecret, clock.nowEpochMs());
      if (problem !== undefined) return refuse(401, problem);
      response.once('close', this.#options.rush.enter());
      if (!(await replays.isNew(signature ?? ''))) return refuse(401, 'it was sent before');
      // Bolt reads the bytes from here, and judges them once more.
      inner(Object.assign(request, { rawBody: body }), response);
    } catch (error) {
      // Nobody could tell whether it is new: not taken. Slack tells the person, or sends it again.
      refuse(503, error instanceof Error ? error.message : String(error));
    }
  }
}

/** A header that comes twice is none. */
function header(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

async function readAll(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
