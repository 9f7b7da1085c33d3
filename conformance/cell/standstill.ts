import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Finding } from '../../render/finding.ts';
import type { CheckResult } from '../checks/check.ts';
import { idleShareFromNow } from '../machine-idle.ts';
import { type CellReport, findingsOfCell } from '../report/matrix-result.ts';

/** What kept a cell from being served in time: its own process stood still, or the machine had no time for its Envoys. */
export type Busyness = NonNullable<CellReport['busyness']>;
export type MachineWatch = { read(): Busyness; stop(): void };

const RESOLUTION_MS = 10;

/** Measures from now on. While the process stands still, its stand-ins do not answer, and no request of it is on its way. */
export function watchMachine(): MachineWatch {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const idleShare = idleShareFromNow();
  return {
    read: () => ({ standstillMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS), idleShare: idleShare() }),
    stop: () => void delay.disable(),
  };
}

/**
 * Shorter than the shortest time limits that Envoy has by default (200 ms for an answer of ext_proc and ext_authz): hosts that stand
 * still for less are no slower than a real host may be.
 */
const TOLERATED_MS = 150;
/** With less to spare, an Envoy waits for its turn longer than some time limits are. */
const ENOUGH_IDLE = 0.25;

const wasBusy = ({ standstillMs, idleShare }: Busyness): boolean =>
  standstillMs >= TOLERATED_MS || idleShare < ENOUGH_IDLE;
const inWords = ({ standstillMs, idleShare }: Busyness): string =>
  standstillMs >= TOLERATED_MS
    ? `Meshgate stood still for ${Math.round(standstillMs)} ms`
    : `its cores were ${Math.round(100 * (1 - idleShare))} % taken`;

/** Rules that only time decides: on a machine that stood still they say nothing of the configuration. */
const RULES_OF_TIME = new Set(['rehearsal-request-failed']);

/**
 * On a busy machine, failed checks and failed requests say nothing of the configuration. A cell that has nothing else
 * against it is inconclusive: it is run again, and what fails both times is a failure (see `runMatrix`). One that is refused for
 * another reason stays refused, for that reason alone.
 */
export function judgedOnABusyMachine(report: CellReport): CellReport {
  const { busyness } = report;
  if (report.verdict !== 'fail' || !busyness || !wasBusy(busyness)) return report;
  const standstill = inWords(busyness);
  const isOfTime = ({ rule, severity }: Finding): boolean => severity === 'error' && RULES_OF_TIME.has(rule);
  if (report.findings.some((finding) => finding.severity === 'error' && !isOfTime(finding))) {
    const reason = `the machine was too busy to tell: ${standstill} while it was asked`;
    const checks = report.checks.map(
      (check): CheckResult => (check.outcome.kind === 'fail' ? { ...check, outcome: { kind: 'skip', reason } } : check),
    );
    return { ...report, checks, findings: report.findings.filter((finding) => !isOfTime(finding)) };
  }
  const message =
    `the machine was too busy to tell: ${standstill} while checks or requests failed; ` +
    'run it on a quieter machine, or fewer cells at once (--jobs 1)';
  return { ...report, verdict: 'inconclusive', message, strained: true };
}

const failuresOf = (report: CellReport): ReadonlySet<string> =>
  new Set(findingsOfCell(report).map(({ finding, check }) => JSON.stringify([finding.rule, finding.at, check])));

/** Two runs that a busy machine left open: what failed in both of them failed. */
export function secondOpinion(first: CellReport, second: CellReport): CellReport {
  if (!first.strained || !second.strained) return second;
  const before = failuresOf(first);
  if (![...failuresOf(second)].some((failure) => before.has(failure))) return second;
  const { message: _, ...rest } = second;
  return { ...rest, verdict: 'fail' };
}
