import { expect, test } from 'vitest';
import { judgedOnABusyMachine, secondOpinion, watchMachine } from '../../../conformance/cell/standstill.ts';
import type { CellReport } from '../../../conformance/report/matrix-result.ts';
import type { Finding } from '../../../render/finding.ts';

const finding = (rule: string, line = 1): Finding => ({
  rule,
  severity: 'error',
  at: { file: 'checks/edge.yaml', line, column: 1 },
  saw: '504',
  want: '200',
});

const STILL = { standstillMs: 400, idleShare: 0.5 };
const QUIET = { standstillMs: 20, idleShare: 0.5 };
const TAKEN = { standstillMs: 20, idleShare: 0.04 };

/** A cell that failed: by these findings, and by one check each for the others. */
const failed = (findings: readonly Finding[], checks: readonly Finding[] = []): CellReport =>
  ({
    id: 'canary@1.40.0',
    verdict: 'fail',
    findings,
    checks: checks.map((one) => ({ name: `at ${one.at.line}`, outcome: { kind: 'fail', findings: [one] } })),
  }) as unknown as CellReport;

test('a process that stands still knows for how long', async () => {
  const machine = watchMachine();
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (const until = performance.now() + 300; performance.now() < until; );
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(machine.read().standstillMs).toBeGreaterThan(200);
  machine.stop();
});

test.each([
  ['a failed check', failed([], [finding('check-status')]), 'inconclusive'],
  ['a failed request of a rehearsal', failed([finding('rehearsal-request-failed')]), 'inconclusive'],
  ['a NACK beside it', failed([finding('rehearsal-request-failed'), finding('nack')]), 'fail'],
  ['a NACK', failed([finding('nack')]), 'fail'],
] as const)('on a machine that stood still: %s', (_, report, verdict) => {
  expect(judgedOnABusyMachine({ ...report, busyness: STILL }).verdict).toBe(verdict);
  expect(judgedOnABusyMachine({ ...report, busyness: QUIET }).verdict).toBe('fail');
  expect(judgedOnABusyMachine(report)).toBe(report);
});

test('a cell that is refused for another reason is refused for that reason alone', () => {
  const report = failed([finding('rehearsal-request-failed'), finding('envoy-refused')], [finding('check-status')]);
  const judged = judgedOnABusyMachine({ ...report, busyness: STILL });
  expect(judged.findings.map(({ rule }) => rule)).toEqual(['envoy-refused']);
  expect(judged.checks.map(({ outcome }) => outcome)).toEqual([
    { kind: 'skip', reason: expect.stringContaining('400 ms') },
  ]);
});

test('a machine whose cores were taken is as busy', () => {
  const judged = judgedOnABusyMachine({ ...failed([finding('rehearsal-request-failed')]), busyness: TAKEN });
  expect(judged.verdict).toBe('inconclusive');
  expect(judged.message).toContain('96 % taken');
});

test('the message says for how long, and what to do', () => {
  const busyness = { standstillMs: 412, idleShare: 0.5 };
  const { message } = judgedOnABusyMachine({ ...failed([], [finding('check-status')]), busyness });
  expect(message).toContain('412 ms');
  expect(message).toContain('--jobs 1');
});

test('a passed cell passed, however busy the machine was', () => {
  const passed = { ...failed([]), verdict: 'pass' } as CellReport;
  const busyness = { standstillMs: 5_000, idleShare: 0 };
  expect(judgedOnABusyMachine({ ...passed, busyness })).toEqual({ ...passed, busyness });
});

test('what fails in both runs is a failure; what fails in one of them stays open', () => {
  const strained = (...lines: number[]): CellReport => {
    const checks = lines.map((line) => finding('check-status', line));
    return judgedOnABusyMachine({ ...failed([], checks), busyness: STILL });
  };
  expect(secondOpinion(strained(1, 2), strained(2, 3))).toMatchObject({ verdict: 'fail' });
  expect(secondOpinion(strained(1), strained(2))).toMatchObject({ verdict: 'inconclusive' });
  const quiet = failed([], [finding('check-status', 7)]);
  expect(secondOpinion(strained(1), quiet)).toBe(quiet);
});
