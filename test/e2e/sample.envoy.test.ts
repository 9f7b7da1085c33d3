import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerEngine } from '../../conformance/launcher/docker-engine.ts';
import { findingsOfCell, type MatrixResult } from '../../conformance/report/matrix-result.ts';
import { renderFinding } from '../../render/finding.ts';
import { SAMPLE_DIR } from '../config/mutate.ts';
import { MUTATIONS } from '../config/mutations.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

// Two minutes on two quiet cores for both launchers; the limit is for busy ones.
const LIMIT_MS = 600_000;

let box: Sandbox;
beforeAll(async () => {
  box = await sandbox();
});
afterAll(() => box[Symbol.asyncDispose]());

const verify = async (launcher: string) => {
  const { exitCode, stdout } = await box.run(['verify', '--config', SAMPLE_DIR, '--launcher', launcher, '--json']);
  const result = JSON.parse(stdout) as MatrixResult;
  // Short enough to be read where this fails.
  const notPassed = result.cells
    .filter(({ verdict }) => verdict !== 'pass')
    .flatMap((cell) => [
      `${cell.id} ${cell.verdict} ${cell.message ?? ''}`,
      ...findingsOfCell(cell).map(({ finding, check }) => `${check ?? ''} ${renderFinding(finding)}`),
    ]);
  return { exitCode, result, notPassed };
};

test('the sample mesh passes 20 of 20 cells with processes, and is then recalled', { timeout: LIMIT_MS }, async () => {
  const { exitCode, result, notPassed } = await verify('process');
  expect([notPassed, exitCode, result.cells.length]).toEqual([[], 0, 20]);
  expect(result.cells.filter(({ cached }) => cached)).toEqual([]);
  expect(result.findings).toEqual([]);
  // What each mutation of the sample turns red is green without it, for every Envoy version.
  for (const { stage, check } of MUTATIONS)
    for (const cell of result.cells.filter((one) => one.stage === stage)) {
      const outcome = cell.checks.find(({ name }) => name === check)?.outcome.kind;
      expect([cell.id, check, outcome]).toEqual([cell.id, check, 'pass']);
    }
  const again = await verify('process');
  expect([again.exitCode, again.result.cells.filter(({ cached }) => !cached)]).toEqual([0, []]);
  expect(await box.leftovers()).toEqual([]);
});

test('the sample mesh passes 20 of 20 cells with Docker', { timeout: LIMIT_MS }, async ({ skip }) => {
  const noDocker = await dockerEngine().then(
    () => undefined,
    (fault: Error) => fault.message,
  );
  if (noDocker !== undefined) return skip(noDocker);
  const { exitCode, result, notPassed } = await verify('docker');
  expect([notPassed, exitCode, result.cells.length]).toEqual([[], 0, 20]);
  expect(new Set(result.cells.map(({ launcher }) => launcher))).toEqual(new Set(['docker']));
  expect(await box.leftovers()).toEqual([]);
});
