import type { RunningCell } from '../cell/running-cell.ts';
import type { Check, CheckResult } from './check.ts';
import type { CheckDeps } from './run/check-deps.ts';
import { runCheck } from './run-check.ts';
import { CHECKS_AT_A_TIME, scheduleChecks } from './schedule-checks.ts';

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
  for (const batch of scheduleChecks(checks, cell.snapshot)) {
    const waiting = batch.values();
    const faults: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (const check of waiting) {
        if (faults.length > 0) return;
        try {
          const result = await runCheck(check, cell, deps);
          results.set(check, result);
          onResult(result);
        } catch (error) {
          faults.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(CHECKS_AT_A_TIME, batch.length) }, worker));
    if (faults.length > 0) throw faults[0];
  }
  return checks.flatMap((check) => results.get(check) ?? []);
}
