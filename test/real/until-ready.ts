import { pollUntil } from '../../conformance/poll-until.ts';

/**
 * Resolves once `probe` gives true for a program that was just started. Rejects when the program ends before, with what it said, and
 * after `withinMs`, with the last failure of the probe as its cause.
 */
export async function untilReady(
  name: string,
  program: PromiseLike<{ readonly all?: string | undefined }>,
  withinMs: number,
  probe: () => Promise<boolean>,
): Promise<void> {
  const over = new AbortController();
  const end = program.then(({ all }) => {
    throw new Error(`${name} ended before it was ready${all ? ` and said: ${all}` : ''}`);
  });
  try {
    await Promise.race([
      pollUntil(`${name} is ready`, withinMs, over.signal, async () => (await probe()) || undefined),
      end,
    ]);
  } finally {
    over.abort();
  }
}
