import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type BotTransport, startBot } from '../../bot/bot.ts';
import { engineSide } from '../../bot/engine-side.ts';
import { redacting } from '../../bot/log.ts';
import { type BotSettings, DEFAULT_TIMING } from '../../bot/settings.ts';
import { lateSlackPeople } from '../../bot/slack/late-slack-people.ts';
import { slackClient } from '../../bot/slack/slack-client.ts';
import { processBeganEpochMs, processMetrics } from '../../controlplane/admin/process-metrics.ts';
import type { MeshConfig } from '../../render/config/mesh-config.ts';
import { renderFinding } from '../../render/finding.ts';
import type { BoardOptions } from '../board/board-options.ts';
import { boardSettings } from '../board/board-settings.ts';
import { openBoard } from '../board/open-board.ts';
import { requiredSecret, secretOf } from '../bot/secrets.ts';
import { checkoutMesh } from '../checkout-mesh.ts';
import type { CommandContext } from '../command-context.ts';
import { enginePortsOf } from '../engine-ports.ts';
import { healthServerOf } from '../health-server.ts';
import { listenAddress } from '../listen-address.ts';
import { openStoreOf } from '../open-store.ts';
import { configDirOf } from '../prepare-request.ts';
import { untilStopped } from '../until-stopped.ts';
import { UsageError } from '../usage-error.ts';

export type BotCommandOptions = BoardOptions & {
  readonly config?: string;
  readonly data?: string;
  readonly mode?: string;
  readonly channel?: string;
  readonly listen: string;
  readonly health?: string;
  readonly boardUrl?: string;
  readonly board?: string;
  readonly sourceUrl?: string;
};

const MODES = ['socket', 'http'] as const;

/** Resolves when it is stopped. Rejects with `UsageError` for what is missing, and with `StoreError`. */
export async function bot(options: BotCommandOptions, context: CommandContext): Promise<number> {
  const { env, stdout, stderr, signal } = context;
  const botToken = requiredSecret('SLACK_BOT_TOKEN', 'xoxb-', context);
  const transport = transportOf(options, context);
  const mesh = await meshOf(options, context);
  const place = options.board === undefined ? undefined : listenAddress('--board', options.board, '127.0.0.1:8080');
  const board = place && { ...place, settings: boardSettings(options, place.host, context), isAsked: true };
  const settings = settingsOf({ ...options, ...linkedBoard(options, board?.settings.publicUrl) }, mesh, context);
  const log = redacting((level, message) => stderr.write(`bot ${level}: ${message}\n`));
  const apiUrl = apiUrlOf(env.SLACK_API_URL);
  const clock = { nowEpochMs: () => Date.now() };
  await using store = await openStoreOf(options.data, context);
  const client = slackClient(botToken, { apiUrl, callMs: DEFAULT_TIMING.callMs, log });
  const slack = lateSlackPeople(client);
  const ports = await enginePortsOf(options, context, { store, slack });
  await using running = await startBot({
    settings,
    transport,
    botToken,
    apiUrl,
    store,
    ...engineSide(ports, slack),
    clock,
    replica: `${hostname()}/${process.pid}/${randomUUID()}`,
    log,
  });
  await using served = board && (await openBoard({ ...board, ports, store }, context));
  const beganEpochMs = processBeganEpochMs(Date.now());
  await using health = await healthServerOf(options.health, {
    checks: {
      store: async () => void (await running.inboxOpen()),
      slack: async () => (running.connected() ? undefined : 'not connected'),
    },
    facts: async () => ({
      inboxOpen: await running.inboxOpen(),
      secondsSinceLastEnvelope: running.secondsSinceLastEnvelope(),
    }),
    metrics: async () => [
      ...processMetrics(beganEpochMs),
      {
        name: 'meshgate_bot_inbox_open',
        help: 'What came from Slack, was acknowledged, and is not done yet.',
        type: 'gauge',
        samples: [{ value: await running.inboxOpen() }],
      },
    ],
  });
  const socket = running.connected() ? 'connected through Socket Mode' : 'started; Slack does not answer yet';
  stdout.write(`bot: ${running.url === undefined ? socket : `listening at ${running.url}`}\n`);
  if (served) stdout.write(`bot: board at ${served.url}\n`);
  if (health) stdout.write(`bot: health at ${health.url}\n`);
  await untilStopped(signal);
  return 0;
}

/** Messages link to the board that is served here, where people elsewhere reach it. */
const linkedBoard = ({ boardUrl }: BotCommandOptions, publicUrl: string | undefined): { readonly boardUrl?: string } =>
  boardUrl === undefined && publicUrl !== undefined ? { boardUrl: publicUrl } : {};

function transportOf(options: BotCommandOptions, context: CommandContext): BotTransport {
  const mode = options.mode ?? (secretOf('SLACK_APP_TOKEN', context) === undefined ? 'http' : 'socket');
  if (mode === 'socket') return { kind: 'socket', appToken: requiredSecret('SLACK_APP_TOKEN', 'xapp-', context) };
  if (mode !== 'http') throw new UsageError(`--mode ${mode}: use ${MODES.join(' or ')}`);
  const address = listenAddress('--listen', options.listen, '0.0.0.0:3000');
  return { kind: 'http', signingSecret: requiredSecret('SLACK_SIGNING_SECRET', '', context), ...address };
}

async function meshOf(options: BotCommandOptions, context: CommandContext): Promise<MeshConfig> {
  const { config, findings } = await checkoutMesh(configDirOf(options.config, context), context);
  if (config) return config;
  throw new UsageError(`mesh.yaml cannot be read:\n${findings.map(renderFinding).join('\n')}`);
}

function settingsOf(options: BotCommandOptions, mesh: MeshConfig, { env }: CommandContext): BotSettings {
  const channel = options.channel ?? (env.SLACK_CHANNEL || mesh.slack?.channel);
  if (channel === undefined)
    throw new UsageError('no channel is known: want --channel, SLACK_CHANNEL, or slack.channel in mesh.yaml');
  if (!/^#?[\p{L}\p{N}_-]{1,80}$/u.test(channel))
    throw new UsageError(`--channel ${channel}: want a channel such as #mesh or C0123ABC`);
  for (const [name, url] of [
    ['--board-url', options.boardUrl],
    ['--source-url', options.sourceUrl],
  ] as const)
    if (url !== undefined && !/^https?:\/\/[^\s<>|]+$/.test(url))
      throw new UsageError(`${name} ${url}: want an http(s) address`);
  return {
    channel,
    command: '/mesh',
    boardUrl: options.boardUrl?.replace(/\/+$/, ''),
    sourceUrl: options.sourceUrl,
    timing: DEFAULT_TIMING,
  };
}

function apiUrlOf(url: string | undefined): string | undefined {
  if (!url) return undefined;
  if (!/^https?:\/\/\S+$/.test(url)) throw new UsageError('SLACK_API_URL: want an http(s) address');
  return url.endsWith('/') ? url : `${url}/`;
}
