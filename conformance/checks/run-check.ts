import type { RunningCell } from '../cell/running-cell.ts';
import { whyNotFor } from './applies-to-cell.ts';
import type { Check, CheckOutcome, CheckResult } from './check.ts';
import { type CheckDeps, deadlinesOf } from './run/check-deps.ts';
import { runClusterHealth } from './run/run-cluster-health.ts';
import { runRequestCheck } from './run/run-request-check.ts';
import { runTcpCheck } from './run/run-tcp-check.ts';
import { runScriptCheck } from './script/run-script-check.ts';

type Run = { readonly outcome: CheckOutcome; readonly evidence?: string };

async function run(check: Check, cell: RunningCell, deps: CheckDeps): Promise<Run> {
  const whyNot = whyNotFor(check, cell.cell);
  if (whyNot !== undefined) return { outcome: { kind: 'skip', reason: whyNot } };
  switch (check.kind) {
    case 'request':
      return runRequestCheck(check, cell, deps);
    case 'tcp':
      return runTcpCheck(check, cell, deps);
    case 'cluster-health':
      return runClusterHealth(check, cell, deadlinesOf(deps).healthMs);
    case 'script':
      return runScriptCheck(check, cell, deps.scripts);
    case 'uncheckable':
      return { outcome: { kind: 'skip', reason: check.reason } };
    default:
      return check satisfies never;
  }
}

/**
 * Asks a running cell. Resolves with what was found; rejects only where the harness itself could not tell (the admin does not
 * answer, the cell was stopped), never because a check failed. Whatever the check arranged is undone before it resolves.
 */
export async function runCheck(check: Check, cell: RunningCell, deps: CheckDeps): Promise<CheckResult> {
  const startedMs = performance.now();
  cell.signal.throwIfAborted();
  const { outcome, evidence } = await run(check, cell, deps);
  return {
    name: check.name,
    origin: check.origin,
    at: check.at,
    outcome,
    durationMs: performance.now() - startedMs,
    ...(evidence === undefined ? {} : { evidence }),
  };
}
