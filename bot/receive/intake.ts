import { setTimeout as sleep } from 'node:timers/promises';
import type { Inbox } from '../inbox/inbox.ts';
import { type ReadBody, readBody } from '../inbox/read-body.ts';

/** Slack waits 3 s for an acknowledgement. What is not durable by then is not taken. */
const STORE_WITHIN_MS = 2_500;

export type Taken = Exclude<ReadBody, { kind: 'item' }> | { readonly kind: 'stored' | 'known' };

export type Intake = {
  /** Resolves once it is durable; then it may be acknowledged. Rejects when it is not: then it must not be. */
  take(body: unknown): Promise<Taken>;
  /** When something last came. */
  readonly lastEpochMs: number | undefined;
};

export function intake(inbox: Inbox, clock: { nowEpochMs(): number }, stored: () => void): Intake {
  let lastEpochMs: number | undefined;
  return {
    get lastEpochMs() {
      return lastEpochMs;
    },
    async take(body) {
      lastEpochMs = clock.nowEpochMs();
      const read = readBody(body);
      if (read.kind !== 'item') return read;
      const tooLate = new AbortController();
      try {
        const isNew = await Promise.race([
          inbox.take(read.item, lastEpochMs),
          sleep(STORE_WITHIN_MS, undefined, { signal: tooLate.signal }).then(() => {
            throw new Error(`the store did not answer within ${STORE_WITHIN_MS} ms`);
          }),
        ]);
        if (isNew) stored();
        return { kind: isNew ? 'stored' : 'known' };
      } finally {
        tooLate.abort();
      }
    },
  };
}
