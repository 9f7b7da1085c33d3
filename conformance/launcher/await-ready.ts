import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** `silent`: nothing answered on the admin address (or there was none); `not-ready`: the admin answered, but not that it is ready. */
export type Readiness =
  | { readonly kind: 'ready'; readonly adminUrl: URL }
  | { readonly kind: 'not-ready'; readonly answer: string }
  | { readonly kind: 'silent' };

type Options = {
  /** Undefined as long as it is not known. */
  readonly findAdmin: () => Promise<URL | undefined>;
  /** False: any answer of the admin will do. */
  readonly awaitReady: boolean;
  readonly timeoutMs: number;
  /** Stops the wait, which then rejects with its reason. */
  readonly signal: AbortSignal;
};

/** Asks the admin's `/ready` until it says so or the time is over. */
export async function awaitReady({ findAdmin, awaitReady, timeoutMs, signal }: Options): Promise<Readiness> {
  const startedAt = performance.now();
  let seen: Readiness = { kind: 'silent' };
  for (;;) {
    signal.throwIfAborted();
    const leftMs = timeoutMs - (performance.now() - startedAt);
    if (leftMs <= 0) return seen;
    const adminUrl = await findAdmin();
    const answer = adminUrl && (await askReady(adminUrl, Math.min(leftMs, 2_000), signal));
    if (adminUrl && answer) {
      if (answer.status === 200 || !awaitReady) return { kind: 'ready', adminUrl };
      seen = { kind: 'not-ready', answer: answer.text };
    }
    // Envoy is usually up after 75 ms: look often at first, and seldom when it takes its time.
    await sleep(performance.now() - startedAt < 500 ? 8 : 50, undefined, { signal }).catch(() => undefined);
  }
}

/** Undefined when nothing answers within the time. */
function askReady(
  adminUrl: URL,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ status: number; text: string } | undefined> {
  return new Promise((resolve) => {
    // A timer of its own: the socket's `timeout` option counts idle time only, and an answer may trickle.
    const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeoutMs))]);
    const request = get(new URL('/ready', adminUrl), { agent: false, signal: limit }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < 1_000) text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: text.trim() }));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}
