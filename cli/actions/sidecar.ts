import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandContext } from '../command-context.ts';
import { durationOption } from '../duration-option.ts';
import { type EnvoyAdmin, envoyAdmin, type InHand, inHand, notGiven } from '../envoy-admin.ts';
import { oneLine } from '../one-line.ts';
import { UsageError } from '../usage-error.ts';

export type WaitOptions = { readonly envoy: string; readonly timeout: string };
export type DrainOptions = WaitOptions & { readonly notice: string; readonly quit?: boolean };

const LOOK_EVERY_MS = 200;

/**
 * Resolves with the exit code: 0 the Envoy is ready, which it is once it has listeners, clusters and what they ask for; 1 it is not, in all
 * that time, and why.
 */
export async function waitForEnvoy(options: WaitOptions, context: CommandContext): Promise<number> {
  const admin = envoyAdmin('--envoy', options.envoy, context);
  const timeoutMs = durationOption('--timeout', options.timeout);
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await admin.get('/ready');
    // Envoy calls itself ready without a configuration, too, when it has waited for one in vain (`initial_fetch_timeout`).
    const lacks = answer?.status === 200 ? await notGiven(admin) : undefined;
    if (answer?.status === 200 && lacks?.length === 0) return 0;
    if (performance.now() >= until) {
      const saw =
        answer === undefined || (answer.status === 200 && lacks === undefined)
          ? 'nobody answers'
          : lacks
            ? `its control plane has given it no ${lacks.join(' and no ')}`
            : oneLine(answer.text).trim().slice(0, 200) || `it answers ${answer.status}`;
      context.stderr.write(`mesh: the Envoy at ${options.envoy} is not ready after ${options.timeout}: ${saw}\n`);
      return 1;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal });
  }
}

/**
 * Resolves with the exit code: 0 nothing is under way any more; 1 something still was when the time was over, and how much. Rejects with
 * `UsageError` where no Envoy answers.
 */
export async function drainEnvoy(options: DrainOptions, context: CommandContext): Promise<number> {
  const admin = envoyAdmin('--envoy', options.envoy, context);
  const noticeMs = durationOption('--notice', options.notice);
  const timeoutMs = durationOption('--timeout', options.timeout);
  // Whoever checks its health takes it out; requests that still come are answered.
  await order(admin, '/healthcheck/fail', options);
  await sleep(noticeMs, undefined, { signal: context.signal });
  // Connections are told to close with their next answer, and listeners close at the end of Envoy's own drain time.
  await order(admin, '/drain_listeners?graceful', options);
  const until = performance.now() + timeoutMs;
  let left = await inHand(admin);
  while (left && !isNothing(left) && performance.now() < until) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal });
    left = await inHand(admin);
  }
  const isDone = left === undefined || isNothing(left);
  if (left && !isDone)
    context.stderr.write(
      `mesh: after ${options.timeout}, ${left.requests} requests and ${left.otherConnections} other connections are still under way\n`,
    );
  if (options.quit) await admin.post('/quitquitquit');
  return isDone ? 0 : 1;
}

const isNothing = ({ requests, otherConnections }: InHand): boolean => requests + otherConnections === 0;

async function order(admin: EnvoyAdmin, path: string, { envoy }: DrainOptions): Promise<void> {
  const answer = await admin.post(path);
  if (answer?.status === 200) return;
  const saw = answer === undefined ? 'nobody answers' : `${path} is answered with ${answer.status}`;
  throw new UsageError(`--envoy ${envoy}: ${saw}; want the admin interface of an Envoy`);
}
