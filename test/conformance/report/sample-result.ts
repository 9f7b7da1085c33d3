import type { CellReport, MatrixResult } from '../../../conformance/report/matrix-result.ts';
import { exitCodeOf, matrixVerdict } from '../../../conformance/report/matrix-result.ts';
import { reproCommand } from '../../../conformance/report/repro-command.ts';
import type { Finding } from '../../../render/finding.ts';
import type { Digest, EnvoyVersion, StageName } from '../../../render/ids.ts';

export const DIGEST = 'ab'.repeat(32) as Digest;

export const finding = (change: Partial<Finding> = {}): Finding => ({
  rule: 'unknown-cluster',
  severity: 'error',
  at: { file: 'routes/edge.yaml', line: 12, column: 7 },
  saw: 'catalogue',
  want: 'one of catalog, cart',
  ...change,
});

export function cell(stage: string, envoy: string, change: Partial<CellReport> = {}): CellReport {
  return {
    id: `${stage}@${envoy}`,
    stage: stage as StageName,
    envoy: envoy as EnvoyVersion,
    launcher: 'process',
    verdict: 'pass',
    cached: false,
    digest: DIGEST,
    durationMs: 2_340,
    steps: [
      { name: 'cold boot', verdict: 'pass', durationMs: 300 },
      { name: 'checks', verdict: 'pass', durationMs: 1_900 },
    ],
    checks: [
      {
        name: 'catalog answers',
        origin: 'declared',
        at: { file: 'checks/traffic.yaml', line: 2, column: 3 },
        outcome: { kind: 'pass' },
        durationMs: 12,
      },
    ],
    findings: [],
    substitutions: [],
    repro: reproCommand({ stage, envoy }),
    ...change,
  };
}

export const failedCell = (stage: string, envoy: string, findings: readonly Finding[]): CellReport =>
  cell(stage, envoy, {
    verdict: 'fail',
    steps: [{ name: 'checks', verdict: 'fail', durationMs: 1_900 }],
    checks: [
      {
        name: "it's a check",
        origin: 'declared',
        at: { file: 'checks/traffic.yaml', line: 2, column: 3 },
        outcome: { kind: 'fail', findings },
        durationMs: 12,
      },
      {
        name: 'not for this version',
        origin: 'declared',
        at: { file: 'checks/traffic.yaml', line: 9, column: 3 },
        outcome: { kind: 'skip', reason: 'for Envoy >=1.38 only' },
        durationMs: 0,
      },
    ],
    evidence: {
      envoyLog: '[info] starting\n',
      configDump: { configs: [{ name: 'x', private_key: { inline_string: 'hush' } }] },
      conversation: [{ kind: 'opened', atMs: 1, nodeId: 'n' }],
    },
  });

export const inconclusiveCell = (stage: string, envoy: string): CellReport =>
  cell(stage, envoy, {
    verdict: 'inconclusive',
    message: 'port 15006 is taken; free it and run again',
    rerun: 'the engine went away',
    steps: [{ name: 'cold boot', verdict: 'inconclusive', durationMs: 10 }],
    checks: [],
    evidence: { envoyLog: '', conversation: [] },
  });

export function matrix(cells: readonly CellReport[], findings: readonly Finding[] = []): MatrixResult {
  const verdict = matrixVerdict(findings, cells);
  return {
    toolVersion: '0.1.0',
    startedAtIso: '2026-11-22T13:00:00.000Z',
    durationMs: 18_200,
    configDir: 'config',
    revision: '0123456789abcdef',
    stages: [...new Set(cells.map(({ stage }) => stage))].map((name) => ({ name, digest: DIGEST })),
    cells,
    findings,
    verdict,
    exitCode: exitCodeOf(verdict),
  };
}
