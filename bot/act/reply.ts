import type { WebClient } from '@slack/web-api';
import type { From } from '../inbox/inbox-item.ts';
import type { RenderedMessage } from '../render/live-message.ts';
import { call } from '../slack/call.ts';

/** Slack lets a `response_url` be used for 30 minutes; answers that come close to it go another way. */
const RESPONSE_URL_MS = 25 * 60_000;

export type Reply = (from: From, ageMs: number, message: RenderedMessage) => Promise<ReplyResult>;
export type ReplyResult =
  | { readonly kind: 'sent' }
  | { readonly kind: 'later'; readonly why: string }
  | { readonly kind: 'hopeless'; readonly why: string };

/**
 * Answers one person, seen by nobody else: to the `response_url` while it is young, else as an ephemeral message, else as a direct
 * one, since Slack does not promise that an ephemeral one is shown.
 */
export const slackReply =
  (client: WebClient, callMs: number): Reply =>
  async (from, ageMs, message) => {
    const { channel, user, threadTs } = from;
    const body = { text: message.text, blocks: [...message.blocks] };
    const whys: string[] = [];
    if (from.responseUrl !== undefined && ageMs < RESPONSE_URL_MS) {
      const why = await post(
        from.responseUrl,
        { response_type: 'ephemeral', replace_original: false, ...body },
        callMs,
      );
      if (why === undefined) return { kind: 'sent' };
      whys.push(why);
    }
    if (channel !== undefined) {
      const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
      const shown = await call(() => client.chat.postEphemeral({ channel, user, ...thread, ...body }));
      if (shown.kind === 'ok') return { kind: 'sent' };
      if (shown.kind === 'later') return { kind: 'later', why: 'chat.postEphemeral is limited' };
      whys.push(`chat.postEphemeral: ${shown.kind === 'refused' ? shown.error : shown.message}`);
    }
    const opened = await call(() => client.conversations.open({ users: user }));
    const direct = opened.kind === 'ok' ? opened.value.channel?.id : undefined;
    if (direct !== undefined) {
      const sent = await call(() =>
        client.chat.postMessage({ channel: direct, unfurl_links: false, mrkdwn: false, ...body }),
      );
      if (sent.kind === 'ok') return { kind: 'sent' };
      whys.push(`chat.postMessage: ${sent.kind === 'refused' ? sent.error : sent.kind}`);
      if (sent.kind === 'refused') return { kind: 'hopeless', why: whys.join('; ') };
    } else if (opened.kind === 'refused') return { kind: 'hopeless', why: [...whys, opened.error].join('; ') };
    return { kind: 'later', why: whys.join('; ') || 'Slack does not answer' };
  };

/** Undefined: it was taken. */
async function post(url: string, body: object, callMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(callMs),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `response_url: HTTP ${response.status}`;
  } catch (error) {
    return `response_url: ${error instanceof Error ? error.message : String(error)}`;
  }
}
