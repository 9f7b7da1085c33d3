import type { PeopleDirectory, Pipeline } from '../pipeline/commands/pipeline.ts';
import type { Promotion } from '../pipeline/promotion/promotion.ts';
import type { PipelineStore } from '../pipeline/store/pipeline-store.ts';
import { act, type Parsed } from './act/act.ts';
import { InboxWorker } from './act/inbox-worker.ts';
import { slackReply } from './act/reply.ts';
import { showHome } from './act/show-home.ts';
import { openInbox } from './inbox/inbox.ts';
import type { Insight } from './insight.ts';
import { followLog } from './live/follow-log.ts';
import { LiveLoop } from './live/live-loop.ts';
import { liveRows } from './live/live-rows.ts';
import { notePoster } from './live/post-notes.ts';
import { speak } from './live/speak.ts';
import { followVerification } from './live/verification-said.ts';
import { viewer } from './live/viewer.ts';
import { type Log, redacting } from './log.ts';
import { boltApp } from './receive/bolt-app.ts';
import { GuardedHttpReceiver } from './receive/http-receiver.ts';
import { intake } from './receive/intake.ts';
import { replayMemory } from './receive/replay-memory.ts';
import { rush as rushOf } from './receive/rush.ts';
import { SteadySocketReceiver } from './receive/socket-receiver.ts';
import { sourceLink } from './render/finding-lines.ts';
import type { BotSettings } from './settings.ts';
import { slackNames } from './slack/display-names.ts';
import { findChannel } from './slack/find-channel.ts';
import { slackPoster } from './slack/poster.ts';
import { slackClient } from './slack/slack-client.ts';
import { whoWeAre } from './slack/who-we-are.ts';
import { migrateBot } from './store/migrate.ts';

export type BotTransport =
  | { readonly kind: 'socket'; readonly appToken: string }
  | { readonly kind: 'http'; readonly signingSecret: string; readonly host: string; readonly port: number };

export type BotOptions = {
  readonly settings: BotSettings;
  readonly transport: BotTransport;
  readonly botToken: string;
  /** Of the Web API, with a slash at its end. Undefined: Slack's own. */
  readonly apiUrl: string | undefined;
  readonly store: PipelineStore;
  readonly pipeline: Pipeline;
  readonly insight: Insight;
  /** Who people are under the policy of a promotion; for "waiting for me". */
  readonly people: (promotion: Promotion) => Promise<PeopleDirectory>;
  readonly parse: (text: string) => Promise<Parsed>;
  readonly clock: { nowEpochMs(): number };
  /** Of this process, and of no other one: what leases are held under. */
  readonly replica: string;
  readonly log: Log;
};

export interface Bot extends AsyncDisposable {
  /** Where it listens; undefined in Socket Mode. */
  readonly url: string | undefined;
  /** Socket Mode: the socket stands. HTTP: Slack has said whose token this is; whether requests reach us, nobody can tell from here. */
  connected(): boolean;
  /** Since Slack last sent anything to this replica; undefined: never. */
  secondsSinceLastEnvelope(): number | undefined;
  /** What was stored and is not done yet, of all replicas. Rejects when the store is gone. */
  inboxOpen(): Promise<number>;
}

const FORGET_EVERY_MS = 60_000;

/**
 * Starts one replica of the bot; any number may run. Resolves when it takes what people do: Slack may be away then, and is connected to
 * as soon as it is back. Rejects when the store is gone, or the port is taken. Disposing waits for what was begun.
 */
export async function startBot(options: BotOptions): Promise<Bot> {
  const { settings, store, clock, replica, insight, pipeline, transport } = options;
  const { timing } = settings;
  const log = redacting(options.log);
  await migrateBot(store);
  const client = slackClient(options.botToken, { apiUrl: options.apiUrl, callMs: timing.callMs, log });
  const us = whoWeAre(client, log, timing.backoffMs);
  const place = findChannel(client, settings.channel, log, timing.backoffMs);
  const link = sourceLink(settings.sourceUrl);
  const names = slackNames(client, clock);
  const { read } = store;

  const inbox = openInbox(store, replica, timing);
  const rush = rushOf({ mostMs: timing.acksFirstMs });
  const worker = new InboxWorker({
    inbox,
    rush,
    reply: slackReply(client, timing.callMs),
    link,
    timing,
    log,
    act: (claimed) =>
      act(claimed, {
        pipeline,
        read,
        parse: options.parse,
        client,
        follow: (verification, from) => followVerification(store, verification, from, () => place.known()),
        showHome: (from, caller, hash) =>
          showHome(from, caller, hash, { ...options, client, read, names, command: settings.command, log }),
      }),
  });

  const rows = liveRows(store, replica, timing.leaseMs);
  const poster = slackPoster(
    client,
    () => us.known()?.botId,
    () => clock.nowEpochMs(),
  );
  const shared = { store, rows, read, insight, poster, clock, timing, log };
  const notes = notePoster({ ...shared, names, link });
  const view = viewer(read, insight, names, { link, boardUrl: settings.boardUrl });
  const loop = new LiveLoop({
    follow: async () => {
      const channel = place.known();
      return channel === undefined ? false : followLog(store, channel);
    },
    claim: (limit) => rows.claim(limit),
    speak: (row) => speak(row, { ...shared, notes, viewer: view, names, link, home: () => place.known() }),
    // What was posted is found again by whose it is, so nothing is posted before that is known.
    ready: () => us.known() !== undefined,
    timing,
    log,
  });

  const taking = intake(inbox, clock, () => worker.wake());
  const replays = replayMemory(store);
  const receiver =
    transport.kind === 'socket'
      ? new SteadySocketReceiver({
          ...transport,
          apiUrl: options.apiUrl,
          callMs: timing.callMs,
          backoffMs: timing.backoffMs,
          log,
        })
      : new GuardedHttpReceiver({ ...transport, replays, rush, clock, log });
  const app = boltApp({
    receiver,
    intake: taking,
    rush,
    log,
    serves: (teamId, enterpriseId) => us.serves(teamId, enterpriseId),
    authorize: (teamId, enterpriseId) => us.authorize(teamId, enterpriseId),
  });

  const ticking = setInterval(() => worker.wake(), timing.tickMs);
  const forgetting = setInterval(() => {
    for (const forget of [inbox.forgetOld(), replays.forgetOld()])
      void forget.catch((error: unknown) => log('warn', error instanceof Error ? error.message : String(error)));
  }, FORGET_EVERY_MS);
  const stop = async (): Promise<void> => {
    clearInterval(ticking);
    clearInterval(forgetting);
    await receiver.stop().catch(() => {});
    us.stop();
    place.stop();
    await Promise.all([worker.stop(), loop.stop()]);
  };
  try {
    us.start();
    place.start();
    const started = await app.start();
    loop.start();
    worker.wake();
    return {
      url: typeof started === 'string' ? started : undefined,
      connected: () => (receiver instanceof SteadySocketReceiver ? receiver.connected : us.known() !== undefined),
      secondsSinceLastEnvelope: () => {
        const last = taking.lastEpochMs;
        return last === undefined ? undefined : Math.round((clock.nowEpochMs() - last) / 1_000);
      },
      inboxOpen: () => inbox.open(),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
