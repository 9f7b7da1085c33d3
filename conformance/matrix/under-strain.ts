import type { Finding } from '../../render/finding.ts';
import type { Strain } from '../cell/strain.ts';
import { type CellReport, findingsOfCell } from '../report/matrix-result.ts';

/**
 * A failure that a wait can explain: half of the time limit in question went by while Envoy, or the process in which its stand-ins
 * answer, was ready to run and got no core. With less, more than half of the limit was left for an answer that takes milliseconds.
 */
const EXPLAINING_SHARE = 0.5;
const explains = ({ waitedMs, limitMs }: Strain): boolean => waitedMs >= limitMs * EXPLAINING_SHARE;

/** Rules that only time decides, among those that are not of checks. */
const RULES_OF_TIME = new Set(['rehearsal-request-failed', 'rehearsal-panic', 'panic-rehearsal-failed']);

const inWords = ({ who, waitedMs, limitMs }: Strain): string =>
  `${who === 'envoy' ? 'this Envoy' : 'Meshgate'} waited ${waitedMs} ms for a core within ${Math.round(limitMs)} ms`;

/**
 * A cell that failed only by what starvation explains is inconclusive, for nobody could tell; it is run again (see `runMatrix`). One
 * failure that it does not explain, and the cell has failed; those that it explains stay in the report, marked, as warnings: nothing
 * was proved by them.
 */
export function judgedUnderStrain(report: CellReport): CellReport {
  if (report.verdict !== 'fail') return report;
  const strains = new Map((report.strains ?? []).filter(explains).map((strain) => [strain.of, strain]));
  if (strains.size === 0) return report;
  const failures = [
    ...report.checks.filter(({ outcome }) => outcome.kind === 'fail').map(({ name }) => strains.get(name)),
    ...report.findings
      .filter(({ severity }) => severity === 'error')
      .map(({ rule, saw }) => (RULES_OF_TIME.has(rule) ? strains.get(saw) : undefined)),
  ];
  const [first] = failures;
  if (first && failures.every((strain) => strain !== undefined)) {
    const message =
      `the machine was too busy to tell: ${inWords(first)} while a check or request failed; ` +
      'run it on a quieter machine, or fewer cells at once (--jobs 1)';
    return { ...report, verdict: 'inconclusive', message, strained: true };
  }
  const marked = (one: Finding, of: string): Finding => {
    const strain = strains.get(of);
    return strain ? { ...one, severity: 'warning', saw: `${one.saw} (under strain: ${inWords(strain)})` } : one;
  };
  return {
    ...report,
    checks: report.checks.map((check) =>
      check.outcome.kind === 'fail'
        ? {
            ...check,
            outcome: {
              kind: 'fail',
              findings: check.outcome.findings.map((one) => marked(one, check.name)),
            },
          }
        : check,
    ),
    findings: report.findings.map((one) => (RULES_OF_TIME.has(one.rule) ? marked(one, one.saw) : one)),
  };
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
