import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { PushResult } from '../../../pipeline/targets/target.ts';
import type { Place } from './target-store.ts';

export type Raced = PushResult | { readonly kind: 'failed'; readonly problem: string };
export type Racer = AsyncDisposable & {
  push(promotion: string, expected: string): Promise<Raced>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
};

const SCRIPT = join(import.meta.dirname, 'racing-pusher.ts');

/** A process that pushes to `place`; ready when resolved. */
export async function startRacer({ target, options }: Place): Promise<Racer> {
  const child = execa(process.execPath, [SCRIPT, JSON.stringify({ target, options })], {
    reject: false,
    buffer: false,
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await answers.next();
    if (done) throw new Error('the racing process ended');
    return JSON.parse(value);
  };
  await answer();
  return {
    async push(promotion, expected) {
      child.stdin.write(`${JSON.stringify({ promotion, expected })}\n`);
      return (await answer()) as Raced;
    },
    async kill() {
      child.kill('SIGKILL');
      await child;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child;
    },
  };
}
