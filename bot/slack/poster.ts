import type { WebClient } from '@slack/web-api';
import type { RenderedMessage } from '../render/live-message.ts';
import { type CallResult, call } from './call.ts';

/** Names what a message is, so that it is found again when the answer to its post was lost. */
const MESSAGE_EVENT = 'meshgate_message';
export type Place = { readonly channel: string; readonly threadTs: string | undefined };

export type Poster = {
  post(
    place: Place,
    key: string,
    message: RenderedMessage,
    options?: { readonly broadcast?: boolean },
  ): Promise<CallResult<string>>;
  edit(channel: string, ts: string, key: string, message: RenderedMessage): Promise<CallResult<string>>;
  /** Looks for what was posted under that key since `sinceEpochMs`; undefined: it is not there. */
  find(place: Place, key: string, sinceEpochMs: number): Promise<CallResult<string | undefined>>;
  /** Puts a long text as a file into the thread. */
  file(
    place: Place,
    file: { readonly name: string; readonly title: string; readonly text: string },
  ): Promise<CallResult<string>>;
};

type HistoryMessage = {
  readonly ts?: string;
  readonly bot_id?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: object };
};
type Page = {
  readonly messages?: readonly HistoryMessage[];
  readonly response_metadata?: { readonly next_cursor?: string };
};

/** Clocks of Slack and of this machine may differ that much. */
const CLOCK_SLACK_MS = 10 * 60_000;
const PAGES = 20;

/**
 * Posts and edits as the bot. `pausedUntil` is kept for each method, so that one 429 quiets all callers of this process instead of one
 * for each message.
 */
export function slackPoster(client: WebClient, botId: () => string | undefined, nowEpochMs: () => number): Poster {
  const pausedUntil = new Map<string, number>();
  const limited = async <T>(method: string, work: () => Promise<T>): Promise<CallResult<T>> => {
    const left = (pausedUntil.get(method) ?? 0) - nowEpochMs();
    if (left > 0) return { kind: 'later', afterMs: left };
    const result = await call(work);
    if (result.kind === 'later') pausedUntil.set(method, nowEpochMs() + result.afterMs);
    return result;
  };
  const body = (key: string, { text, blocks }: RenderedMessage) => ({
    text,
    blocks: [...blocks],
    mrkdwn: false,
    parse: 'none' as const,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: MESSAGE_EVENT, event_payload: { key } },
  });
  return {
    post: ({ channel, threadTs }, key, message, options) =>
      limited('chat.postMessage', async () => {
        const thread =
          threadTs === undefined ? {} : { thread_ts: threadTs, reply_broadcast: options?.broadcast === true };
        const { ts } = await client.chat.postMessage({ channel, ...body(key, message), ...thread } as Parameters<
          typeof client.chat.postMessage
        >[0]);
        if (ts === undefined) throw new Error('chat.postMessage answered without a ts');
        return ts;
      }),
    edit: (channel, ts, key, message) =>
      limited('chat.update', async () => {
        const { text, blocks, metadata, parse, link_names } = body(key, message);
        await client.chat.update({ channel, ts, text, blocks, metadata, parse, link_names });
        return ts;
      }),
    async find({ channel, threadTs }, key, sinceEpochMs) {
      let cursor: string | undefined;
      let found: string | undefined;
      const oldest = ((sinceEpochMs - CLOCK_SLACK_MS) / 1_000).toFixed(6);
      for (let page = 0; page < PAGES; page += 1) {
        const common = {
          channel,
          include_all_metadata: true,
          limit: 200,
          ...(cursor === undefined ? {} : { cursor }),
        };
        const method = threadTs === undefined ? 'conversations.history' : 'conversations.replies';
        const result: CallResult<Page> = await limited(method, async () =>
          threadTs === undefined
            ? ((await client.conversations.history({ ...common, oldest })) as Page)
            : ((await client.conversations.replies({ ...common, ts: threadTs })) as Page),
        );
        if (result.kind !== 'ok') return result;
        for (const message of result.value.messages ?? []) {
          if (!isOurs(message, botId()) || keyOf(message) !== key || message.ts === undefined) continue;
          // The first one is the one that people answered to.
          if (found === undefined || Number(message.ts) < Number(found)) found = message.ts;
        }
        cursor = result.value.response_metadata?.next_cursor || undefined;
        if (cursor === undefined) return { kind: 'ok', value: found };
      }
      // More than we care to read: better none than a wrong one, and the caller tries again.
      return found === undefined
        ? { kind: 'unknown', message: 'the channel is too long to search' }
        : { kind: 'ok', value: found };
    },
    file: ({ channel, threadTs }, { name, title, text }) =>
      limited('files.completeUploadExternal', async () => {
        await client.files.uploadV2({
          channel_id: channel,
          ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
          filename: name,
          title,
          content: text,
          snippet_type: 'diff',
        } as Parameters<typeof client.files.uploadV2>[0]);
        return name;
      }),
  };
}

/** Anybody may write metadata into a message of their own app; only ours count. */
const isOurs = (message: HistoryMessage, botId: string | undefined): boolean =>
  message.metadata?.event_type === MESSAGE_EVENT && botId !== undefined && message.bot_id === botId;

const keyOf = ({ metadata }: HistoryMessage): unknown =>
  (metadata?.event_payload as { readonly key?: unknown } | undefined)?.key;
