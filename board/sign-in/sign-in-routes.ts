import { Hono } from 'hono';
import { BoardRefusal } from '../api/board-refusal.ts';
import { type Cookies, cookieOf } from './cookies.ts';
import { localPath } from './local-path.ts';
import { NobodyNamed, type Provider, type SignedIn } from './provider.ts';
import type { Sessions } from './sessions.ts';
import { wantOwnPage } from './sign-in-desk.ts';
import { TICKET_MS, type Tickets } from './tickets.ts';

export type SignInRoutesOptions = {
  readonly provider: Provider;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly cookies: Cookies;
  readonly origin: string;
  readonly nowEpochMs: () => number;
  /** Whether the mesh knows them. Rejects when nobody can tell. */
  readonly isSomebody: (identity: string) => Promise<boolean>;
  /** For whoever runs the board: what went wrong, without secrets. */
  readonly say: (line: string) => void;
};

/** `/sign-in`, `/sign-in/callback` and `/sign-out`. What goes wrong is told on the page, by a code and no more. */
export function signInRoutes(options: SignInRoutesOptions): Hono {
  const { provider, sessions, tickets, cookies, origin, nowEpochMs, isSomebody, say } = options;
  const back = (path: string, ...set: readonly string[]): Response => {
    const headers = new Headers({ location: path, 'cache-control': 'no-store' });
    for (const cookie of set) headers.append('set-cookie', cookie);
    return new Response(null, { status: 303, headers });
  };
  const failed = (code: string, fault: unknown): Response => {
    say(`sign-in: ${fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault)}`);
    return back(`/?sign-in=${code}`, cookies.clear('sign-in'));
  };

  return new Hono()
    .get('/sign-in', async (c) => {
      try {
        const { url, ticket } = await provider.begin();
        const secret = await tickets.keep({ ...ticket, returnTo: localPath(c.req.query('to')) });
        return back(url.href, cookies.set('sign-in', secret, TICKET_MS / 1_000));
      } catch (fault) {
        return failed('provider-away', fault);
      }
    })
    .get('/sign-in/callback', async (c) => {
      const ticket = await tickets.take(cookieOf(c.req.raw, cookies.name('sign-in')));
      if (!ticket) return failed('begin-again', 'an answer to no sign-in of this browser, or one that took too long');
      let signedIn: SignedIn;
      try {
        signedIn = await provider.finish(new URL(c.req.url), ticket);
      } catch (fault) {
        return failed(fault instanceof NobodyNamed ? 'nobody' : 'refused', fault);
      }
      try {
        if (!(await isSomebody(signedIn.identity)))
          return failed('nobody', `${signedIn.identity} is nobody of this mesh`);
      } catch (fault) {
        return failed('cannot-tell', fault);
      }
      // Whoever was signed in here before is not any more; and a cookie that was planted gets nobody in.
      await sessions.end(cookieOf(c.req.raw, cookies.name('session')));
      const { secret, endsEpochMs } = await sessions.begin(signedIn.identity, signedIn.name);
      const lastsS = (endsEpochMs - nowEpochMs()) / 1_000;
      return back(ticket.returnTo, cookies.set('session', secret, lastsS), cookies.clear('sign-in'));
    })
    .post('/sign-out', async (c) => {
      const secret = cookieOf(c.req.raw, cookies.name('session'));
      const session = await sessions.find(secret, { readOnly: true });
      if (session) wantOwnPage(c.req.raw, origin, session);
      else if (c.req.raw.headers.get('origin') !== origin)
        throw new BoardRefusal(403, 'board-cross-site', 'a request from elsewhere', `one from ${origin}`);
      await sessions.end(secret);
      c.header('set-cookie', cookies.clear('session'));
      return c.json({ signedOut: true });
    });
}
