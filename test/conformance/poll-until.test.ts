import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pollUntil } from '../../conformance/poll-until.ts';

const never = new AbortController().signal;

test('it gives what the probe gives first, and forgets failures before it', async () => {
  let looks = 0;
  const found = pollUntil('three', 15_000, never, async () => {
    looks += 1;
    if (looks === 1) throw new Error('not yet');
    return looks === 3 ? looks : undefined;
  });
  await expect(found).resolves.toBe(3);
});

test('after the deadline it names what was waited for, with the last failure as the cause', async () => {
  const cause = new Error('nobody answers');
  const waiting = pollUntil('an answer', 1, never, async () => {
    await sleep(2);
    throw cause;
  });
  await expect(waiting).rejects.toMatchObject({ message: 'an answer: not seen within 1 ms', cause });
});

test.each(['before it', 'in a look', 'in a pause'])('aborted %s, it rejects with the reason', async (when) => {
  const reason = new Error('stopped by SIGINT');
  const stopping = new AbortController();
  const abort = (): void => stopping.abort(reason);
  if (when === 'before it') abort();
  const waiting = pollUntil('nothing', when === 'in a look' ? 0 : 15_000, stopping.signal, async () => {
    if (when === 'in a look') abort();
    if (when === 'in a pause') setImmediate(abort);
    return undefined;
  });
  await expect(waiting).rejects.toBe(reason);
});
