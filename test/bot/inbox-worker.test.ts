import { expect, test } from 'vitest';
import { InboxWorker } from '../../bot/act/inbox-worker.ts';
import type { Claimed, Inbox } from '../../bot/inbox/inbox.ts';
import { DEFAULT_TIMING } from '../../bot/settings.ts';

const claimed = (key: string): Claimed => ({
  key,
  token: 't',
  item: {
    key,
    clickKey: undefined,
    from: {
      team: 'T0',
      user: 'U0',
      channel: undefined,
      threadTs: undefined,
      responseUrl: undefined,
      triggerId: undefined,
    },
    ask: { kind: 'command', text: 'status' },
  },
  receivedEpochMs: 0,
  ageMs: 0,
  attempt: 1,
  answer: undefined,
});

/** Twelve stored commands; how many of them were being done at once, at most. */
async function mostAtOnce(isOver: boolean): Promise<number> {
  let left = 12;
  let done = 0;
  let running = 0;
  let most = 0;
  const inbox = {
    claim: async (limit: number) => {
      const taken = Math.min(limit, left);
      left -= taken;
      return Array.from({ length: taken }, (_, index) => claimed(`${left}-${index}`));
    },
    done: async () => {
      done += 1;
      return true;
    },
  } as unknown as Inbox;
  const worker = new InboxWorker({
    inbox,
    rush: { over: async () => isOver },
    act: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return undefined;
    },
    reply: async () => ({ kind: 'sent' }),
    link: () => undefined,
    timing: DEFAULT_TIMING,
    log: () => {},
  });
  worker.wake();
  while (done < 12) await new Promise((resolve) => setImmediate(resolve));
  await worker.stop();
  return most;
}

test('what people asked for is done several at once when nobody waits at the door', async () => {
  expect(await mostAtOnce(true)).toBeGreaterThan(1);
});

test('and one by one, all of it, in a rush that does not end', async () => {
  expect(await mostAtOnce(false)).toBe(1);
});
