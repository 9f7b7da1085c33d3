import { setTimeout as sleep } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import type { Log } from '../log.ts';
import { call, wordsOf } from './call.ts';

/** The channel in which promotions are shown. */
export type ChannelFinder = { known(): string | undefined; start(): void; stop(): void };

const IS_ID = /^[CG][A-Z0-9]{5,30}$/;
const LONGEST_PAUSE_MS = 60_000;
const PAGES = 50;

/** An id is taken as it is; a name is looked up until Slack knows it. Until then nothing is posted, and nothing is lost. */
export function findChannel(client: WebClient, nameOrId: string, log: Log, backoffMs: number): ChannelFinder {
  const name = nameOrId.replace(/^#/, '');
  const stopping = new AbortController();
  let found = IS_ID.test(name) ? name : undefined;
  const look = async (): Promise<string | undefined> => {
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const result = await call(() =>
        client.conversations.list({
          types: 'public_channel,private_channel',
          exclude_archived: true,
          limit: 200,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      if (result.kind !== 'ok') {
        log('warn', `conversations.list: ${wordsOf(result)}`);
        return undefined;
      }
      const channel = result.value.channels?.find((each) => each.name === name);
      if (channel?.id) return channel.id;
      cursor = result.value.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) break;
    }
    log('error', `there is no channel ${name} that the bot can see: invite it, or give the channel's id`);
    return undefined;
  };
  const run = async (): Promise<void> => {
    for (let failures = 0; found === undefined && !stopping.signal.aborted; failures += 1) {
      found = await look();
      if (found !== undefined) return;
      const pause = Math.min(LONGEST_PAUSE_MS, backoffMs * 2 ** Math.min(failures, 10));
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  return { known: () => found, start: () => void run(), stop: () => stopping.abort() };
}
