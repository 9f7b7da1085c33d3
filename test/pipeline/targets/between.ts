import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Between = AsyncDisposable & { readonly url: string; pushes(): number };
export type Mischief = {
  /** Before the n-th push is passed on; counted from 1. */
  readonly beforePush?: (n: number) => Promise<void>;
  /** Whether the connection breaks once the n-th push was answered. */
  readonly losesAnswer?: (n: number) => boolean;
};

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
      const headers = new Headers();
      for (const [key, value] of Object.entries(request.headers)) {
        if (!['connection', 'transfer-encoding', 'content-length', 'expect', 'keep-alive'].includes(key))
          headers.set(key, String(value));
      }
      const answer = await fetch(new URL(request.url ?? '/', serverUrl), {
        method: request.method ?? 'GET',
        headers,
        ...(body.length > 0 ? { body } : {}),
      });
      const said = Buffer.from(await answer.arrayBuffer());
      if (push > 0 && losesAnswer?.(push)) {
        response.destroy();
        return;
      }
      const type = answer.headers.get('content-type');
      response.writeHead(answer.status, type ? { 'content-type': type } : {}).end(said);
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
