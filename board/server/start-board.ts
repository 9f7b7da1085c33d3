import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { isLoopback } from '../../controlplane/access/loopback.ts';
import type { SlackPeople } from '../../pipeline/access/slack-people.ts';
import type { Pipeline } from '../../pipeline/commands/pipeline.ts';
import { liveFeed } from '../live/live-feed.ts';
import type { BoardPorts } from '../read/board-ports.ts';
import { boardReads } from '../read/board-reads.ts';
import { meshNow } from '../read/mesh-now.ts';
import { cookies } from '../sign-in/cookies.ts';
import { somebodyHere } from '../sign-in/may-do-here.ts';
import { openIdProvider, type ProviderSettings } from '../sign-in/provider.ts';
import { SESSION_TIMES, type SessionTimes, sessions } from '../sign-in/sessions.ts';
import { readOnlyDesk, signInDesk } from '../sign-in/sign-in-desk.ts';
import { signInRoutes } from '../sign-in/sign-in-routes.ts';
import { tickets } from '../sign-in/tickets.ts';
import { boardApp } from './board-app.ts';
import { staticFiles } from './static-files.ts';

export type BoardSignIn = Omit<ProviderSettings, 'redirectUri'> & {
  /** Nothing is shown to whoever is not signed in. */
  readonly demanded: boolean;
  readonly pipeline: Pipeline;
  readonly times?: SessionTimes;
};

export type BoardOptions = {
  readonly ports: BoardPorts;
  readonly slack: SlackPeople | undefined;
  /** Undefined: it only shows. */
  readonly signIn: BoardSignIn | undefined;
  readonly host: string;
  readonly port: number;
  /** As people reach it; default: `http://HOST:PORT`. */
  readonly publicUrl: string | undefined;
  /** The built pages. */
  readonly dist: string;
  readonly toolVersion: string;
  readonly say: (line: string) => void;
};

export interface RunningBoard extends AsyncDisposable {
  /** Where it is, as people reach it. */
  readonly url: string;
  readonly port: number;
}

/** Why it may not listen there; undefined: it may. `isOpen`: somebody said that anybody may look. */
export function listenProblem(
  host: string,
  given: { readonly signIn: boolean; readonly publicUrl: string | undefined; readonly isOpen: boolean },
): string | undefined {
  if (isLoopback(host)) return undefined;
  if (!given.signIn && !given.isOpen)
    return 'without sign-in the board listens on this machine alone: want --issuer, or --without-sign-in where anybody who reaches it may look';
  if (given.publicUrl === undefined)
    return 'beyond this machine the board must know its own address, so that no other name leads to it: want --url';
  return undefined;
}

const READ_ONLY =
  'decide in Slack or with the mesh command; with sign-in (mesh board --issuer …, see docs/board.md) people decide here, too';

/** Serves the board until it is disposed. Rejects when the port is taken, or `dist` has no pages. */
export async function startBoard(options: BoardOptions): Promise<RunningBoard> {
  const { ports, slack, signIn, host, toolVersion, say } = options;
  const { store, clock } = ports;
  const nowEpochMs = (): number => clock.nowEpochMs();
  const files = await staticFiles(options.dist);
  await using stack = new AsyncDisposableStack();
  const ended = new AbortController();
  let handle: ReturnType<typeof getRequestListener> | undefined;
  const server = createServer((request, response) => void handle?.(request, response));
  // Slow senders hold nothing for long; answers may take as long as they like.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await listening(server, host, options.port);
  stack.defer(async () => {
    ended.abort(new Error('the board ends'));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const url = (options.publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`).replace(/\/+$/, '');
  const { origin } = new URL(url);
  const feed = stack.use(
    liveFeed(store, (fault) => say(`looking for news failed: ${fault instanceof Error ? fault.message : fault}`)),
  );
  const isSecure = origin.startsWith('https:');
  const jar = cookies(isSecure);
  const people = { store, revisions: ports.revisions, mesh: meshNow(ports), slack };
  const known = sessions(store, nowEpochMs, signIn?.times ?? SESSION_TIMES);
  const app = boardApp({
    reads: boardReads(ports),
    feed,
    files,
    host,
    origin,
    toolVersion,
    nowEpochMs,
    say,
    signal: ended.signal,
    desk: signIn
      ? signInDesk({ ...signIn, sessions: known, people, origin, cookie: jar.name('session'), toolVersion })
      : readOnlyDesk(toolVersion, READ_ONLY, ports.slackUrl !== undefined),
    signIn: signIn && {
      cookies: jar,
      routes: signInRoutes({
        provider: openIdProvider({ ...signIn, redirectUri: `${url}/sign-in/callback` }),
        sessions: known,
        tickets: tickets(store, nowEpochMs),
        cookies: jar,
        origin,
        nowEpochMs,
        isSomebody: async (identity) => (await somebodyHere({ via: 'board', identity }, people)) !== undefined,
        say,
      }),
    },
  });
  handle = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const running = stack.move();
  return { url, port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
}
