import { sessions } from '../../board/sign-in/sessions.ts';
import { redacting } from '../../bot/log.ts';
import { DEFAULT_TIMING } from '../../bot/settings.ts';
import { lateSlackPeople } from '../../bot/slack/late-slack-people.ts';
import { slackClient } from '../../bot/slack/slack-client.ts';
import type { SlackPeople } from '../../pipeline/access/slack-people.ts';
import type { BoardOptions } from '../board/board-options.ts';
import { boardSettings } from '../board/board-settings.ts';
import { openBoard } from '../board/open-board.ts';
import { secretOf } from '../bot/secrets.ts';
import type { CommandContext } from '../command-context.ts';
import { enginePortsOf } from '../engine-ports.ts';
import { healthServerOf } from '../health-server.ts';
import { listenAddress } from '../listen-address.ts';
import { openStoreOf } from '../open-store.ts';
import { untilStopped } from '../until-stopped.ts';

export type BoardCommandOptions = BoardOptions & {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string;
  readonly health?: string;
};

const DEFAULT_LISTEN = '127.0.0.1:8080';

/** Resolves when it is stopped. Rejects with `UsageError` for what is missing or not allowed, and with `StoreError`. */
export async function board(options: BoardCommandOptions, context: CommandContext): Promise<number> {
  const { stdout, signal } = context;
  const place = listenAddress('--listen', options.listen ?? DEFAULT_LISTEN, DEFAULT_LISTEN);
  const settings = boardSettings(options, place.host, context);
  await using store = await openStoreOf(options.data, context);
  const ports = await enginePortsOf(options, context, { store, slack: slackOf(context) });
  await using running = await openBoard(
    { ...place, settings, ports, store, isAsked: options.listen !== undefined },
    context,
  );
  await using health = await healthServerOf(options.health, {
    checks: { store: async () => void (await store.sql('SELECT 1', [])) },
  });
  stdout.write(
    `board: ${running.url}${settings.signIn ? '' : ' (it shows; decisions are made in Slack and here, by mesh)'}\n`,
  );
  if (health) stdout.write(`board: health at ${health.url}\n`);
  await untilStopped(signal);
  return 0;
}

/** With the bot's token, people are looked up in Slack as the bot does. */
function slackOf(context: CommandContext): SlackPeople | undefined {
  const token = secretOf('SLACK_BOT_TOKEN', context);
  if (token === undefined) return undefined;
  const log = redacting((level, message) => context.stderr.write(`board ${level}: ${message}\n`));
  const url = context.env.SLACK_API_URL || undefined;
  return lateSlackPeople(slackClient(token, { apiUrl: url, callMs: DEFAULT_TIMING.callMs, log }));
}

/** Ends every session of an identity. Resolves with 0. */
export async function signOut(
  identity: string,
  { data }: { readonly data?: string },
  context: CommandContext,
): Promise<number> {
  await using store = await openStoreOf(data, context);
  const ended = await sessions(store, () => Date.now()).endAllOf(identity);
  context.stdout.write(`${identity}: ${ended} ${ended === 1 ? 'session' : 'sessions'} ended\n`);
  return 0;
}
