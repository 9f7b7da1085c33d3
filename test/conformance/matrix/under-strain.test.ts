import { describe, expect, test } from 'vitest';
import type { Strain } from '../../../conformance/cell/strain.ts';
import { judgedUnderStrain, secondOpinion } from '../../../conformance/matrix/under-strain.ts';
import type { CellReport } from '../../../conformance/report/matrix-result.ts';
import type { Finding } from '../../../render/finding.ts';

const finding = (rule: string, line = 1): Finding => ({
  rule,
  severity: 'error',
  at: { file: 'checks/edge.yaml', line, column: 1 },
  saw: `${rule} ${line}`,
  want: '200',
});
const REQUEST = finding('rehearsal-request-failed');
const PANIC = finding('rehearsal-panic');
const waited = (of: string, waitedMs: number, who: Strain['who'] = 'envoy'): Strain => ({
  of,
  limitMs: 1_000,
  waitedMs,
  who,
});

/** A cell that failed: by these findings, and by one check each for these lines. */
const failed = (findings: readonly Finding[], lines: readonly number[], strains: readonly Strain[]): CellReport =>
  ({
    id: 'canary@1.40.0',
    verdict: 'fail',
    findings,
    checks: lines.map((line) => ({
      name: `at ${line}`,
      outcome: { kind: 'fail', findings: [finding('check-status', line)] },
    })),
    strains,
  }) as unknown as CellReport;

describe('what failed is held against the wait of its own Envoy', () => {
  test.each<[string, CellReport, CellReport['verdict']]>([
    ['a check, half of whose limit Envoy waited', failed([], [1], [waited('at 1', 500)]), 'inconclusive'],
    [
      'a check, half of whose limit Meshgate waited',
      failed([], [1], [waited('at 1', 500, 'meshgate')]),
      'inconclusive',
    ],
    ['a check that had more than half of its limit', failed([], [1], [waited('at 1', 499)]), 'fail'],
    ['a check of which nothing is known', failed([], [1], []), 'fail'],
    [
      'two checks, one of which nothing explains',
      failed([], [1, 2], [waited('at 1', 900), waited('at 2', 10)]),
      'fail',
    ],
    ['a request of a rehearsal', failed([REQUEST], [], [waited(REQUEST.saw, 800)]), 'inconclusive'],
    ['panic in a rehearsal', failed([PANIC], [], [waited(PANIC.saw, 800)]), 'inconclusive'],
    ['panic that nothing explains', failed([PANIC], [], [waited(PANIC.saw, 80)]), 'fail'],
    ['a request that nothing explains', failed([REQUEST], [], [waited(REQUEST.saw, 80)]), 'fail'],
    ['a NACK beside it', failed([REQUEST, finding('nack')], [], [waited(REQUEST.saw, 800)]), 'fail'],
    ['a NACK, whatever was waited', failed([finding('nack')], [], [waited('nack 1', 5_000)]), 'fail'],
  ])('%s', (_, report, verdict) => {
    expect(judgedUnderStrain(report).verdict).toBe(verdict);
  });

  test('the message says who waited for how long, and what to do', () => {
    const { message } = judgedUnderStrain(failed([], [1], [waited('at 1', 612)]));
    expect(message).toContain('this Envoy waited 612 ms for a core within 1000 ms');
    expect(message).toContain('--jobs 1');
  });

  test('a passed cell passed, whatever it had to bear', () => {
    const report = { ...failed([], [], [waited('at 1', 5_000)]), verdict: 'pass' } as CellReport;
    expect(judgedUnderStrain(report)).toBe(report);
  });
});

test('a cell that is refused for another reason keeps all that failed, and what a wait explains is marked, and proves nothing', () => {
  const report = failed(
    [REQUEST, finding('envoy-refused')],
    [1, 2],
    [waited(REQUEST.saw, 700), waited('at 1', 700), waited('at 2', 7)],
  );
  const judged = judgedUnderStrain(report);
  const mark = ' (under strain: this Envoy waited 700 ms for a core within 1000 ms)';
  expect(judged.findings.map(({ saw, severity }) => [severity, saw])).toEqual([
    ['warning', REQUEST.saw + mark],
    ['error', 'envoy-refused 1'],
  ]);
  const ofChecks = judged.checks.flatMap(({ outcome }) => (outcome.kind === 'fail' ? outcome.findings : []));
  expect(ofChecks.map(({ saw, severity }) => [severity, saw])).toEqual([
    ['warning', `check-status 1${mark}`],
    ['error', 'check-status 2'],
  ]);
});

test('what fails in both runs is a failure; what fails in one of them stays open', () => {
  const strained = (...lines: number[]): CellReport =>
    judgedUnderStrain(
      failed(
        [],
        lines,
        lines.map((line) => waited(`at ${line}`, 800)),
      ),
    );
  expect(secondOpinion(strained(1, 2), strained(2, 3))).toMatchObject({ verdict: 'fail' });
  expect(secondOpinion(strained(1), strained(2))).toMatchObject({ verdict: 'inconclusive' });
  const quiet = failed([], [7], []);
  expect(secondOpinion(strained(1), quiet)).toBe(quiet);
});
