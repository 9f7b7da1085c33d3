import { timingSafeEqual } from 'node:crypto';
import type { Pipeline } from '../../pipeline/commands/pipeline.ts';
import type { BoardDesk } from '../api/board-api.ts';
import { BoardRefusal } from '../api/board-refusal.ts';
import { CSRF_HEADER } from '../api/types/action.ts';
import type { Me } from '../api/types/me.ts';
import { shareEach } from '../read/share.ts';
import { ASK_RULES } from './ask-rules.ts';
import { cookieOf } from './cookies.ts';
import { type PeoplePorts, type Somebody, somebodyHere } from './may-do-here.ts';
import { hashOfSecret } from './secrets.ts';
import type { Session, Sessions } from './sessions.ts';

export type SignInDeskOptions = {
  readonly sessions: Sessions;
  readonly people: PeoplePorts;
  readonly pipeline: Pipeline;
  /** `https://board.example`: where pages of this board come from, and nothing else. */
  readonly origin: string;
  /** Of the session's cookie. */
  readonly cookie: string;
  /** Nothing is shown to whoever is not signed in. */
  readonly demanded: boolean;
  readonly toolVersion: string;
};

export type SignInDesk = BoardDesk & {
  /** Rejects with `BoardRefusal` where the request may not be shown anything. */
  demand(request: Request): Promise<void>;
  /** The new value of the session's cookie, where it is time for one. */
  renew(request: Request): Promise<{ readonly secret: string; readonly endsEpochMs: number } | undefined>;
};

/** Who left the mesh, or Slack, is shown nothing any more after so long at the latest. What they ask to be done is judged at once. */
const KNOWN_MS = 60_000;

/** With sign-in: who asks, and the same commands, under the same rules, as everywhere. */
export function signInDesk(options: SignInDeskOptions): SignInDesk {
  const { sessions, people, pipeline, origin, cookie, demanded, toolVersion } = options;
  const slack = people.slack !== undefined;
  const callerOf = ({ identity }: Session) => ({ via: 'board', identity }) as const;
  const known = shareEach<Somebody | undefined>(
    KNOWN_MS,
    (identity) => somebodyHere({ via: 'board', identity }, people),
    512,
  );
  const sessionOf = (request: Request): Promise<Session | undefined> =>
    sessions.find(cookieOf(request, cookie), { readOnly: true });

  return {
    async renew(request) {
      const session = await sessions.find(cookieOf(request, cookie));
      return session?.renewed === undefined ? undefined : { secret: session.renewed, endsEpochMs: session.endsEpochMs };
    },
    async demand(request) {
      const session = await sessionOf(request);
      if (!session) {
        if (!demanded) return;
        throw new BoardRefusal(401, 'board-not-signed-in', 'nobody is signed in', 'to sign in first');
      }
      if (!(await known(session.identity)))
        throw new BoardRefusal(
          403,
          'board-stranger',
          `${session.identity}, who is nobody of this mesh`,
          'somebody of access.people or of one of its groups',
        );
    },
    async me(request): Promise<Me> {
      const session = await sessionOf(request);
      if (!session) return { toolVersion, slack, signIn: { kind: 'out', href: '/sign-in', demanded } };
      const somebody = await known(session.identity);
      const { identity, name, csrf, endsEpochMs } = session;
      return {
        toolVersion,
        slack,
        signIn: {
          kind: 'in',
          identity,
          ...(somebody && somebody.person.id !== identity ? { person: somebody.person.id } : {}),
          name,
          groups: somebody?.person.groups ?? [],
          csrf,
          expiresEpochMs: endsEpochMs,
          may: somebody?.may ?? {},
          asks: ASK_RULES,
        },
      };
    },
    async act(request, { command, request: named }) {
      const session = await sessionOf(request);
      if (!session) throw new BoardRefusal(401, 'board-not-signed-in', 'nobody is signed in', 'to sign in first');
      wantOwnPage(request, origin, session);
      const caller = { ...callerOf(session), request: named };
      return command.kind === 'verify' ? pipeline.ask(command, caller) : pipeline.execute(command, caller);
    },
  };
}

/**
 * Refuses what another site's page makes a browser send: it cannot say that it comes from here, and does not know the token.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function wantOwnPage(request: Request, origin: string, { csrf }: Pick<Session, 'csrf'>): void {
  const from = request.headers.get('origin');
  if (from !== origin)
    throw new BoardRefusal(403, 'board-cross-site', `a request from ${from ?? 'nowhere'}`, `one from ${origin}`);
  const given = request.headers.get(CSRF_HEADER) ?? '';
  if (!timingSafeEqual(Buffer.from(hashOfSecret(given)), Buffer.from(hashOfSecret(csrf))))
    throw new BoardRefusal(
      403,
      'board-cross-site',
      `another ${CSRF_HEADER}`,
      'the one of this session: load the page again',
    );
}

/** Without sign-in the board only shows. `why`: what to do. */
export function readOnlyDesk(toolVersion: string, why: string, slack: boolean): SignInDesk {
  return {
    demand: async () => {},
    renew: async () => undefined,
    me: async () => ({ toolVersion, slack, signIn: { kind: 'off', why } }),
    async act() {
      throw new BoardRefusal(403, 'board-read-only', 'a board without sign-in, which only shows', why);
    },
  };
}
