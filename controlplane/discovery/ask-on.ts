import { setTimeout as sleep } from 'node:timers/promises';
import type { DiscoveredHost } from './discovered-host.ts';
import type { FailedAnswer, HostSource, SourceAnswer } from './host-source.ts';
import { orderedHosts } from './ordered-hosts.ts';

/** What a source gives at one moment, in any order; of several that are one host, the first counts. */
export type Given = { readonly hosts: readonly DiscoveredHost[]; readonly leftOut?: readonly string[] };

/**
 * One asking: yields whatever the source gives, however often, and returns how long to wait (in ms) until it is asked again. Throws
 * what went wrong; words of a `SourceFault` are shown to people as they are.
 */
export type Asking = (signal: AbortSignal) => AsyncGenerator<Given, number, void>;

/** The source could not be asked, or said what cannot be understood. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

export type Retry = {
  /** After the first failure; doubled after each that follows. */
  readonly firstMs: number;
  readonly mostMs: number;
};

export const RETRY: Retry = { firstMs: 500, mostMs: 30_000 };

/** Between half and the whole of what is due, so that what failed together is not asked together. */
export const pauseAfter = (failures: number, { firstMs, mostMs }: Retry, random: number): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(30, failures - 1)) * (0.5 + random / 2);

/** Makes a `HostSource` of an asking: asks on after failures, and yields only what differs from the answer before. */
export function askOn(name: string, ask: Asking, retry: Retry = RETRY): HostSource {
  return {
    name,
    async *watch(wanted) {
      // Whoever stops listening without aborting leaves no connection open either.
      const stop = new AbortController();
      const signal = AbortSignal.any([wanted, stop.signal]);
      try {
        yield* askAgain(ask, answerOf, retry, signal);
      } finally {
        stop.abort();
      }
    },
  };
}

/** Asks on until aborted, with a growing pause after each failure, and yields what differs from the answer before. */
export async function* askAgain<Told, Answer>(
  ask: (signal: AbortSignal) => AsyncGenerator<Told, number, void>,
  answerOf: (told: Told) => Answer,
  retry: Retry,
  signal: AbortSignal,
): AsyncGenerator<Answer | FailedAnswer> {
  let before: string | undefined;
  const isNew = (answer: Answer | FailedAnswer): boolean => {
    const now = JSON.stringify(answer);
    const differs = now !== before;
    before = now;
    return differs;
  };
  let failures = 0;
  while (!signal.aborted) {
    let pauseMs: number;
    try {
      const asking = ask(signal);
      for (;;) {
        const step = await asking.next();
        if (signal.aborted) return;
        failures = 0;
        if (step.done) {
          pauseMs = step.value;
          break;
        }
        const answer = answerOf(step.value);
        if (isNew(answer)) yield answer;
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const failed: FailedAnswer = { kind: 'failed', problem: problemOf(error) };
      if (isNew(failed)) yield failed;
      pauseMs = pauseAfter(failures, retry, Math.random());
    }
    await pause(pauseMs, signal);
  }
}

const answerOf = ({ hosts, leftOut = [] }: Given): SourceAnswer => ({
  kind: 'hosts',
  hosts: orderedHosts(hosts),
  ...(leftOut.length > 0 ? { leftOut: leftOut.toSorted() } : {}),
});

/** For people. Text that comes from outside is cut. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown fault';
  const { code } = error as { readonly code?: unknown };
  const words = error.message || (typeof code === 'string' ? code : error.name);
  return words.replaceAll(/\s+/g, ' ').slice(0, 300);
}

/** Resolves at once when aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.max(0, ms), undefined, { signal }).catch(() => {});
