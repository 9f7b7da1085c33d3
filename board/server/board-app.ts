import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { StoreError } from '../../pipeline/store/store-error.ts';
import { boardApi } from '../api/board-api.ts';
import { BoardRefusal } from '../api/board-refusal.ts';
import type { BoardReads } from '../api/reads.ts';
import { eventStream } from '../live/event-stream.ts';
import type { LiveFeed } from '../live/live-feed.ts';
import type { Cookies } from '../sign-in/cookies.ts';
import type { SignInDesk } from '../sign-in/sign-in-desk.ts';
import { ownHosts, wantOwnHost } from './own-host.ts';
import { securityHeaders } from './security-headers.ts';
import type { StaticFiles } from './static-files.ts';

export type BoardAppOptions = {
  readonly reads: BoardReads;
  readonly desk: SignInDesk;
  readonly feed: LiveFeed;
  readonly files: StaticFiles;
  /** Undefined: there is no sign-in. */
  readonly signIn: { readonly routes: Hono; readonly cookies: Cookies } | undefined;
  /** The host that is listened on. */
  readonly host: string;
  /** `http://127.0.0.1:8080`, or as people reach it through a proxy. */
  readonly origin: string;
  readonly toolVersion: string;
  readonly nowEpochMs: () => number;
  /** Ends all streams. */
  readonly signal: AbortSignal;
  /** Of a fault that is the board's own. */
  readonly say: (line: string) => void;
};

const LARGEST_BODY = 64 * 1024;
const LONGEST_URL = 8_000;

/** All that the board answers. */
export function boardApp(options: BoardAppOptions): Hono {
  const { reads, desk, feed, files, signIn, host, origin, nowEpochMs, signal, say } = options;
  const isSecure = origin.startsWith('https:');
  const headers = Object.entries(securityHeaders(isSecure));
  const hosts = ownHosts(host, origin);
  const app = new Hono();

  app.onError((fault, c) => {
    const refusal = refusalOf(fault);
    if (refusal.status === 500) say(`${c.req.method} ${c.req.path}: ${fault.stack ?? fault.message}`);
    const answer = c.json(refusal.problem, refusal.status);
    for (const [name, value] of headers) answer.headers.set(name, value);
    answer.headers.set('cache-control', 'no-store');
    return answer;
  });
  app.use(async (c, next) => {
    wantOwnHost(c.req.header('host'), hosts);
    if (c.req.url.length > LONGEST_URL)
      throw new BoardRefusal(
        400,
        'board-bad-request',
        'an address that is too long',
        `at most ${LONGEST_URL} characters`,
      );
    await next();
    for (const [name, value] of headers) c.res.headers.set(name, value);
  });
  app.use('/api/*', async (c, next) => {
    // Browsers say where a request comes from: no other site asks anything of the API.
    if (c.req.header('sec-fetch-site') === 'cross-site')
      throw new BoardRefusal(403, 'board-cross-site', 'a request of another site', `one from ${origin}`);
    if (c.req.path !== '/api/me' && c.req.path !== '/api/commands') await desk.demand(c.req.raw);
    const renewed = signIn && (await desk.renew(c.req.raw));
    await next();
    if (renewed) {
      const lastsS = (renewed.endsEpochMs - nowEpochMs()) / 1_000;
      c.res.headers.append('set-cookie', signIn.cookies.set('session', renewed.secret, lastsS));
    }
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'private, no-cache');
  });
  app.get('/api/events', async (c) =>
    eventStream(c.req.raw, {
      feed,
      hello: () => ({ nowEpochMs: nowEpochMs(), toolVersion: options.toolVersion }),
      isWelcome: () =>
        desk.demand(c.req.raw).then(
          () => true,
          (fault) => !(fault instanceof BoardRefusal),
        ),
      signal,
    }),
  );
  app.use('/api/*', compress(), etag({ weak: true }));
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: LARGEST_BODY,
      onError: () => {
        throw new BoardRefusal(413, 'board-bad-request', 'a body that is too large', `at most ${LARGEST_BODY} bytes`);
      },
    }),
  );
  app.route('/', boardApi(reads, desk));
  if (signIn) app.route('/', signIn.routes);
  app.all('*', (c) => {
    const { method, path } = c.req;
    const found = method === 'GET' || method === 'HEAD' ? files.answer(c.req.raw) : undefined;
    if (found) return found;
    throw new BoardRefusal(404, 'board-not-there', `${method} ${path.slice(0, 200)}`, 'a page, or a path of the API');
  });
  return app;
}

function refusalOf(fault: Error): BoardRefusal {
  if (fault instanceof BoardRefusal) return fault;
  if (fault instanceof StoreError)
    return new BoardRefusal(503, 'board-store-gone', 'the store does not answer', 'to be asked again soon', {
      cause: fault,
    });
  if (fault instanceof HTTPException && fault.status < 500)
    return new BoardRefusal(400, 'board-bad-request', 'a request that cannot be read', 'see docs/board.md', {
      cause: fault,
    });
  return new BoardRefusal(500, 'board-fault', 'the board failed', 'its log says why', { cause: fault });
}
