import { readdirSync, readFileSync } from 'node:fs';

/** The longest that each had to wait within one span of time. */
export type Starvation = {
  /** A thread of the Envoy that was ready to run and got no core; undefined where the kernel does not tell (it is Linux that does). */
  readonly envoyMs: number | undefined;
  /** This process, in which requests are sent and stand-ins answer: it got no core, or its event loop did not turn. */
  readonly ownMs: number;
};

/** What was waited for up to a moment, by whom. */
export type WaitSample = { readonly atMs: number; readonly ownMs: number; readonly threadsMs: readonly number[] };

export type StarvationWatch = {
  /** The worst within any `spanMs` between two moments of `performance.now()`. */
  during(fromMs: number, toMs: number, spanMs: number): Starvation;
  stop(): void;
};

const EVERY_MS = 100;

/** Threads that requests and updates pass through; the others only write logs and watch. */
const WORKING = /^(wrk:|envoy)/;

/**
 * How long the threads of a process stood in the queue of the kernel's scheduler since they started.
 * https://docs.kernel.org/scheduler/sched-stats.html (`/proc/<pid>/schedstat`: time running, time waiting, slices; nanoseconds)
 */
export function threadWaits(pid: number): readonly number[] | undefined {
  try {
    const waits = readdirSync(`/proc/${pid}/task`).flatMap((task) => {
      const of = `/proc/${pid}/task/${task}`;
      // A container's process id may be one of another machine: only an Envoy is an Envoy.
      if (!WORKING.test(readFileSync(`${of}/comm`, 'utf8'))) return [];
      return [waitIn(`${of}/schedstat`)];
    });
    return waits.length > 0 ? waits : undefined;
  } catch {
    return undefined; // it is gone, or this is not Linux
  }
}

/** How long the thread that asks stood in that queue since it started; 0 where the kernel does not tell. */
export function ownThreadWait(): number {
  try {
    return waitIn('/proc/thread-self/schedstat');
  } catch {
    return 0;
  }
}

const waitIn = (schedstat: string): number => Number(readFileSync(schedstat, 'utf8').split(' ')[1]) / 1e6;

/** Watches a process and this one from now on. */
export function watchStarvation(pid: number | undefined): StarvationWatch {
  const samples: WaitSample[] = [];
  let ownMs = 0;
  let queuedMs = ownThreadWait();
  let over = false;
  const look = (): void => {
    const atMs = performance.now();
    const last = samples.at(-1);
    const lateMs = last ? atMs - last.atMs - EVERY_MS : 0;
    const queuedBeforeMs = queuedMs;
    queuedMs = ownThreadWait();
    // A loop whose every turn takes 150 ms, all but 10 of them for want of a core, is late by 50 only; one that computes waits for none.
    ownMs += Math.max(0, lateMs, queuedMs - queuedBeforeMs);
    const threadsMs = (pid === undefined ? undefined : threadWaits(pid)) ?? last?.threadsMs ?? [];
    samples.push({ atMs, ownMs, threadsMs });
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return {
    during(fromMs, toMs, spanMs) {
      if (!over) look(); // after the end nobody looked any more, and time that passed since says nothing
      return worstWithin(samples, fromMs, toMs, spanMs);
    },
    stop() {
      if (!over) look();
      over = true;
      clearInterval(timer);
    },
  };
}

/** Samples one apart count as one span even where they are further apart: then the process that takes them had to wait itself. */
export function worstWithin(samples: readonly WaitSample[], fromMs: number, toMs: number, spanMs: number): Starvation {
  const first = Math.max(
    0,
    samples.findLastIndex(({ atMs }) => atMs <= fromMs),
  );
  const after = samples.findIndex(({ atMs }) => atMs >= toMs);
  const looked = samples.slice(first, after === -1 ? undefined : after + 1);
  let ownMs = 0;
  let envoyMs: number | undefined;
  for (const [index, start] of looked.entries()) {
    for (const [steps, end] of looked.slice(index + 1).entries()) {
      if (steps > 0 && end.atMs - start.atMs > spanMs) break;
      ownMs = Math.max(ownMs, end.ownMs - start.ownMs);
      // A thread that came later has no place in the first sample yet, and nothing to compare with.
      if (end.threadsMs.length !== start.threadsMs.length || end.threadsMs.length === 0) continue;
      const waits = end.threadsMs.map((waitedMs, thread) => waitedMs - (start.threadsMs[thread] ?? waitedMs));
      envoyMs = Math.max(envoyMs ?? 0, ...waits);
    }
  }
  return { envoyMs, ownMs };
}
