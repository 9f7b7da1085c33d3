import type { RunningCell } from '../cell/running-cell.ts';
import type { Check, CheckResult } from './check.ts';
import type { CheckDeps } from './run/check-deps.ts';
import { runCheck } from './run-check.ts';
import { CHECKS_AT_A_TIME, type ScheduledCheck, scheduleChecks } from './schedule-checks.ts';

/**
 * Runs the checks as `scheduleChecks` orders them and gives the results in the order of `checks`. Rejects as `runCheck` does, once
 * every check that was under way has ended.
 */
export async function runChecks(
  checks: readonly Check[],
  cell: RunningCell,
  deps: CheckDeps,
  onResult: (result: CheckResult) => void = () => {},
): Promise<readonly CheckResult[]> {
  const results = new Map<Check, CheckResult>();
  for (const phase of scheduleChecks(checks, cell.snapshot)) {
    await runInOrder(phase, async ({ check }) => {
      const result = await runCheck(check, cell, deps);
      results.set(check, result);
      onResult(result);
    });
  }
  return checks.flatMap((check) => results.get(check) ?? []);
}

/** Starts each as soon as those that it comes after are over, the earlier ones first. After the first fault no other starts. */
export async function runInOrder(
  phase: readonly ScheduledCheck[],
  run: (scheduled: ScheduledCheck) => Promise<void>,
): Promise<void> {
  const awaited = new Map(phase.map((scheduled) => [scheduled, scheduled.after.length]));
  const followers = new Map<ScheduledCheck, ScheduledCheck[]>();
  for (const scheduled of phase) {
    for (const before of scheduled.after) followers.set(before, [...(followers.get(before) ?? []), scheduled]);
  }
  const ready = phase.filter(({ after }) => after.length === 0);
  const running = new Set<Promise<void>>();
  const faults: unknown[] = [];
  const follow = async (scheduled: ScheduledCheck): Promise<void> => {
    try {
      await run(scheduled);
    } catch (error) {
      faults.push(error);
    }
    for (const follower of followers.get(scheduled) ?? []) {
      const left = (awaited.get(follower) ?? 0) - 1;
      awaited.set(follower, left);
      if (left === 0) ready.push(follower);
    }
  };
  while (running.size > 0 || (ready.length > 0 && faults.length === 0)) {
    const next = faults.length === 0 && running.size < CHECKS_AT_A_TIME ? ready.shift() : undefined;
    if (next) {
      const going: Promise<void> = follow(next).finally(() => running.delete(going));
      running.add(going);
    } else await Promise.race(running);
  }
  if (faults.length > 0) throw faults[0];
}
