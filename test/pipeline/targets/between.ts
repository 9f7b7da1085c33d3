import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type Between = AsyncDisposable & { readonly url: string; pushes(): number };
export type Mischief = {
  /** Before the n-th push is passed on; counted from 1. */
  readonly beforePush?: (n: number) => Promise<void>;
  /** Whether the connection breaks once the n-th push was answered. */
  readonly losesAnswer?: (n: number) => boolean;
};

const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect']);
const endToEnd = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));

type Answer = { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly said: Buffer };

/** As it came, `Host` included: signatures cover it. */
async function pass(from: IncomingMessage, body: Buffer, serverUrl: string): Promise<Answer> {
  const { hostname, port } = new URL(serverUrl);
  const asked = {
    method: from.method,
    path: from.url,
    hostname,
    port,
    headers: { ...endToEnd(from.headers), 'content-length': body.length },
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(asked, resolve).on('error', reject).end(body);
  });
  return { status: answer.statusCode ?? 502, headers: endToEnd(answer.headers), said: await bodyOf(answer) };
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => Buffer.concat(await request.toArray());

/** Stands between a target and its real server, so that what happens in the middle of a push happens there every time. */
export async function startBetween(
  serverUrl: string,
  { beforePush, losesAnswer }: Mischief,
  isPush: (request: IncomingMessage) => boolean = ({ method }) => method === 'POST',
): Promise<Between> {
  let pushes = 0;
  const server = createServer(async (request, response) => {
    try {
      const body = await bodyOf(request);
      if (isPush(request)) pushes += 1;
      const push = isPush(request) ? pushes : 0;
      if (push > 0) await beforePush?.(push);
      const { status, headers, said } = await pass(request, body, serverUrl);
      if (push > 0 && losesAnswer?.(push)) response.destroy();
      else response.writeHead(status, headers).end(said);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    pushes: () => pushes,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
