import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { type CellReport, findingsOfCell, type MatrixResult } from '../../conformance/report/matrix-result.ts';
import { verifyMesh } from '../../conformance/verify.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { mutatedSample } from './mutate.ts';
import { MUTATIONS } from './mutations.ts';

const ENVOY = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'meshgate-mutations-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const verify = (
  dir: string,
  stages: readonly string[],
  check: string | undefined,
  signal: AbortSignal,
): Promise<MatrixResult> =>
  verifyMesh({
    dir,
    liveDir: undefined,
    selection: { stages, envoys: [ENVOY] },
    defaultEnvoyVersions: PINNED_ENVOY_VERSIONS,
    jsonnet: async () => ({ kind: 'failed', cause: 'error', message: 'the sample has no Jsonnet' }),
    signal,
    check,
    launcher: 'process',
    cacheDir: cacheDirOf(process.env),
    scripts: { path: process.env.PATH ?? '', lang: 'C.UTF-8' },
    workers: 1,
    concurrency: 4,
    verdictDir: undefined,
    scratchParent: scratch,
    toolVersion: 'test',
    startedAtIso: '2026-01-01T00:00:00.000Z',
    revision: undefined,
    reproOf: (stage, envoy) => `${stage} ${envoy}`,
    onEvent: () => undefined,
  });

/** What the harness could not tell is no red of a check: it must be seen as such. */
const told = (cell: CellReport | undefined): CellReport => {
  expect(cell?.message ?? cell?.verdict).not.toBe('inconclusive');
  if (!cell) throw new Error('no cell ran');
  return cell;
};

/** The rules of all errors, whoever saw them. */
const rulesOf = ({ findings, cells }: MatrixResult): string[] =>
  [...findings, ...cells.flatMap((cell) => findingsOfCell(cell).map(({ finding }) => finding))]
    .filter(({ severity }) => severity === 'error')
    .map(({ rule }) => rule);

// That the same checks are green without it, in every stage and for every Envoy version: test/e2e/sample.envoy.test.ts.
test.concurrent.each(MUTATIONS)('without $feature, "$check" is red in $stage', async (mutation) => {
  const dir = path.join(scratch, mutation.feature.replaceAll(/\W+/g, '-'));
  await mutatedSample(dir, mutation);
  const result = await verify(dir, [mutation.stage], mutation.check, new AbortController().signal);
  expect(result.verdict).toBe('fail');
  if (mutation.sooner !== undefined) {
    expect(rulesOf(result)).toContain(mutation.sooner);
    return;
  }
  const cell = told(result.cells[0]);
  const check = cell.checks.find(({ name }) => name === mutation.check);
  expect([cell.findings, check?.outcome.kind]).toEqual([[], 'fail']);
});
