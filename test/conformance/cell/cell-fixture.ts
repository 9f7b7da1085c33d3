import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { GROUP_METADATA } from '../../../conformance/cell/bootstrap.ts';
import type { CellContext } from '../../../conformance/cell/cell-context.ts';
import { runCell } from '../../../conformance/cell/run-cell.ts';
import type { Check } from '../../../conformance/checks/check.ts';
import { envoyBinaries } from '../../../conformance/launcher/envoy-binary.ts';
import type { EnvoyLauncher, StartedEnvoy } from '../../../conformance/launcher/envoy-launcher.ts';
import { processLauncher } from '../../../conformance/launcher/process-launcher.ts';
import { samplesOf } from '../../../conformance/matching/regex-sample.ts';
import type { CellJob } from '../../../conformance/matrix/cell-job.ts';
import { sharedPki } from '../../../conformance/pki/pki.ts';
import type { CellReport } from '../../../conformance/report/matrix-result.ts';
import type { MatrixEvent } from '../../../conformance/report/progress.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import type { Stage } from '../../../render/config/mesh-config.ts';
import { DEFAULT_OBSERVE, NO_GATES } from '../../../render/config/stage-defaults.ts';
import type { Finding } from '../../../render/finding.ts';
import type { EnvoyVersion, StageName } from '../../../render/ids.ts';
import type { Snapshot } from '../../../render/snapshot.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';

export const OLDEST = '1.36.4';
export const NEWEST = '1.40.0';

export const stageOf = (versions: readonly string[], guards: Partial<Stage['guards']> = {}): Stage => ({
  name: 'beta' as StageName,
  envoys: versions.map((version) => ({ version: version as EnvoyVersion })),
  node: {},
  guards: { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 50, ...guards },
  gates: NO_GATES,
  observe: DEFAULT_OBSERVE,
  target: undefined,
  at: { file: 'mesh.yaml', line: 1, column: 1 },
});

export type CellRequest = {
  /** The Envoy of the cell. */
  readonly version: string;
  /** All Envoys of its stage; default the cell's alone. */
  readonly versions?: readonly string[];
  readonly proposed: Snapshot;
  readonly live?: Snapshot;
  readonly declared?: readonly Check[];
  readonly only?: string;
};

export const jobOf = ({ version, versions, proposed, live, declared = [], only }: CellRequest): CellJob => ({
  cell: { stage: stageOf(versions ?? [version]), envoy: { version: version as EnvoyVersion } },
  proposed,
  live,
  declared,
  only,
  repro: `./mesh verify --stage beta --envoy ${version}`,
});

/** What cells run in, and what is left of them. Disposing asserts that nothing is left. */
export interface Cells extends AsyncDisposable {
  readonly context: CellContext;
  /** Envoys that run now. */
  readonly running: ReadonlySet<StartedEnvoy>;
  run(request: CellRequest, more?: Partial<CellContext>): Promise<CellReport>;
  /** Asserts that no Envoy and no directory of a cell is left. */
  expectNothingLeft(): Promise<void>;
}

export async function startCells(wrap: (launcher: EnvoyLauncher) => EnvoyLauncher = (same) => same): Promise<Cells> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'meshgate-cells-'));
  const running = new Set<StartedEnvoy>();
  const launcher = processLauncher({
    binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }),
    hooks: { onStarted: (started) => running.add(started), onEnded: (started) => running.delete(started) },
  });
  const controlPlane = await startControlPlane({ host: '127.0.0.1', port: 0, groupMetadata: GROUP_METADATA });
  const context: CellContext = {
    launcher: wrap(launcher),
    controlPlane,
    pki: await sharedPki(),
    sampleOf: (pattern) => samplesOf(pattern, 1)[0],
    scripts: { path: process.env.PATH ?? '', lang: 'C.UTF-8' },
    scratchDir,
    onEvent: () => undefined,
    signal: new AbortController().signal,
  };
  const expectNothingLeft = async (): Promise<void> => {
    expect([...running]).toEqual([]);
    expect(await readdir(scratchDir)).toEqual([]);
    expect(controlPlane.nodes().filter(({ connected }) => connected)).toEqual([]);
  };
  return {
    context,
    running,
    async run(request, more = {}) {
      const report = await runCell(jobOf(request), { ...context, ...more });
      await expectNothingLeft();
      return report;
    },
    expectNothingLeft,
    async [Symbol.asyncDispose]() {
      await expectNothingLeft();
      await controlPlane[Symbol.asyncDispose]();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

/** Steps with their verdicts, for tables: `cold boot pass`. */
export const stepsOf = ({ steps }: CellReport): string[] => steps.map(({ name, verdict }) => `${name} ${verdict}`);

export const placeOf = ({ at }: Finding): string => `${at.file}:${at.line}`;

/** Collects the events of a run, and tells when a step begins. */
export function stepEvents(onStep: (step: string) => void): (event: MatrixEvent) => void {
  return (event) => {
    if (event.kind === 'step-started') onStep(event.step);
  };
}
