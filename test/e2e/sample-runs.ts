import { findingsOfCell, type MatrixResult } from '../../conformance/report/matrix-result.ts';
import { renderFinding } from '../../render/finding.ts';
import { SAMPLE_DIR } from '../config/mutate.ts';
import type { Sandbox } from './sandbox.ts';

/** `mesh verify` of the sample mesh, and what did not pass of it, short enough to be read where a test fails. Without `envoys`: on all. */
export async function verifySample(box: Sandbox, launcher: 'process' | 'docker', envoys: readonly string[] = []) {
  const { exitCode, stdout } = await box.run([
    'verify',
    // Fewer than by default: other files of tests are at work on the same cores, which no `verify` can know beforehand.
    ...['--config', SAMPLE_DIR, '--launcher', launcher, '--json', '--jobs', '6'],
    ...envoys.flatMap((version) => ['--envoy', version]),
  ]);
  const result = JSON.parse(stdout) as MatrixResult;
  const notPassed = result.cells
    .filter(({ verdict }) => verdict !== 'pass')
    .flatMap((cell) => [
      `${cell.id} ${cell.verdict} ${cell.message ?? ''}`,
      ...findingsOfCell(cell).map(({ finding, check }) => `${check ?? ''} ${renderFinding(finding)}`),
    ]);
  return { exitCode, result, notPassed };
}
