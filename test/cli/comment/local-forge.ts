import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Stored = { id: number; body: string; author: string };
/** The comments of one pull request as GitHub and Gitea serve them: pages, authors, tokens. */
export async function localForge(): Promise<
  AsyncDisposable & { url: string; comments: Stored[]; calls: string[]; fail: number | undefined }
> {
  const forge = { url: '', comments: [] as Stored[], calls: [] as string[], fail: undefined as number | undefined };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://forge');
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as { body: string }) : undefined;
    const answer = (status: number, content: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(content));
    };
    const path = url.pathname.replace('/api/v1', '');
    forge.calls.push(`${request.method} ${path}`);
    if (!/^(token|Bearer) secret-token$/.test(request.headers.authorization ?? ''))
      return answer(401, { message: 'Bad credentials' });
    if (forge.fail !== undefined) return answer(forge.fail, { message: 'no' });
    if (path === '/repos/acme/mesh/issues/7/comments') {
      if (request.method === 'POST' && body) {
        forge.comments.push({ id: forge.comments.length + 1, body: body.body, author: 'meshgate' });
        return answer(201, forge.comments.at(-1));
      }
      if (url.pathname.startsWith('/api/v1')) return answer(200, forge.comments);
      const page = Number(url.searchParams.get('page') ?? 1);
      const size = Number(url.searchParams.get('per_page') ?? 30);
      const link =
        page * size < forge.comments.length
          ? { link: `<${forge.url}${path}?page=${page + 1}&per_page=${size}>; rel="next"` }
          : {};
      return answer(200, forge.comments.slice((page - 1) * size, page * size), link as Record<string, string>);
    }
    const id = /^\/repos\/acme\/mesh\/issues\/comments\/(\d+)$/.exec(path)?.[1];
    const comment = forge.comments.find((each) => each.id === Number(id));
    if (request.method !== 'PATCH' || !comment || !body) return answer(404, { message: 'Not Found' });
    if (comment.author !== 'meshgate') return answer(403, { message: 'Resource not accessible' });
    comment.body = body.body;
    return answer(200, comment);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  forge.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(forge, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
