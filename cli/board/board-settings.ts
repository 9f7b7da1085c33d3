import type { ControlPlanePlace } from '../../board/read/control-planes.ts';
import { type BoardSignIn, listenProblem } from '../../board/server/start-board.ts';
import { isLoopback } from '../../controlplane/access/loopback.ts';
import { ADMIN_TOKEN } from '../admin-place.ts';
import { secretOf } from '../bot/secrets.ts';
import type { CommandContext } from '../command-context.ts';
import { UsageError } from '../usage-error.ts';
import type { BoardOptions } from './board-options.ts';

const CLIENT_ID = 'MESHGATE_BOARD_CLIENT_ID';
const CLIENT_SECRET = 'MESHGATE_BOARD_CLIENT_SECRET';
const EXAMPLE = { url: 'https://board.example', controlPlane: 'canary=http://10.0.0.7:18003' };

export type BoardSettings = {
  readonly publicUrl: string | undefined;
  readonly signIn: Omit<BoardSignIn, 'pipeline'> | undefined;
  readonly controlPlanes: readonly ControlPlanePlace[];
  readonly slackUrl: string | undefined;
};

/** Throws `UsageError` for what is wrong, and where the board may not listen on `host`. */
export function boardSettings(
  options: BoardOptions,
  host: string,
  context: Pick<CommandContext, 'env'>,
): BoardSettings {
  const publicUrl = originOf('--url', options.url);
  const slackUrl = originOf('--slack-url', options.slackUrl);
  const found = signInOf(options, context);
  // Behind a proxy others reach it, whatever it listens on.
  const signIn = found && { ...found, demanded: !isLoopback(host) || publicUrl !== undefined };
  const isOpen = options.withoutSignIn === true;
  if (isOpen && signIn) throw new UsageError('--without-sign-in and --issuer exclude each other');
  const problem = listenProblem(host, { signIn: signIn !== undefined, publicUrl, isOpen });
  if (problem !== undefined) throw new UsageError(`the board on ${host}: ${problem}`);
  return { publicUrl, slackUrl, signIn, controlPlanes: controlPlanesOf(options.controlPlane ?? [], context) };
}

/** Scheme, host and port: the board's pages begin at `/`. */
function originOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
  if (!isOrigin || url.username || url.password)
    throw new UsageError(`${option} ${text}: want an address without a path, such as ${EXAMPLE.url}`);
  return url.origin;
}

function signInOf(
  { issuer, identityClaim }: BoardOptions,
  context: Pick<CommandContext, 'env'>,
): Omit<BoardSignIn, 'pipeline' | 'demanded'> | undefined {
  if (issuer === undefined) {
    if (identityClaim !== undefined) throw new UsageError('--identity-claim is of no use without --issuer');
    return undefined;
  }
  const url = URL.parse(issuer);
  // What a provider says is believed: nobody on the way may say it in its place.
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))))
    throw new UsageError(`--issuer ${issuer}: want the https address of an OpenID provider, such as https://slack.com`);
  const clientId = secretOf(CLIENT_ID, context);
  const clientSecret = secretOf(CLIENT_SECRET, context);
  if (clientId === undefined || clientSecret === undefined)
    throw new UsageError(
      `--issuer ${issuer}: ${clientId === undefined ? CLIENT_ID : CLIENT_SECRET} is not set, nor its _FILE; see docs/board.md`,
    );
  const identity =
    identityClaim === undefined ? { kind: 'slack' as const } : { kind: 'claim' as const, name: identityClaim };
  return { issuer, clientId, clientSecret, identity };
}

function controlPlanesOf(given: readonly string[], context: Pick<CommandContext, 'env'>): readonly ControlPlanePlace[] {
  const token = secretOf(ADMIN_TOKEN, context);
  return given.map((text) => {
    const at = text.indexOf('=');
    const url = at > 0 ? URL.parse(text.slice(at + 1)) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username)
      throw new UsageError(`--control-plane ${text}: want STAGE=URL, such as ${EXAMPLE.controlPlane}`);
    return { stage: text.slice(0, at), url: url.origin, token };
  });
}
