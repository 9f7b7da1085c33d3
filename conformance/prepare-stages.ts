import { valid } from 'semver';
import { newestApiSet } from '../render/api/api-set.ts';
import { canonicaliser } from '../render/api/canonicaliser.ts';
import { checkMessage } from '../render/api/check-message.ts';
import type { EnvoyRelease, MeshConfig, Stage } from '../render/config/mesh-config.ts';
import { type Finding, hasErrors } from '../render/finding.ts';
import { withExamples } from '../render/generators/with-examples.ts';
import type { EnvoyVersion, StageName } from '../render/ids.ts';
import { stageValues } from '../render/load/expressions/stage-values.ts';
import { Expansion, Substitution } from '../render/load/expressions/substitute.ts';
import type { JsonnetEvaluator } from '../render/load/jsonnet/jsonnet-evaluator.ts';
import { loadMeshConfig } from '../render/load/load-mesh-config.ts';
import type { Loaded } from '../render/load/loaded.ts';
import { locationOf } from '../render/places.ts';
import { type CanonicaliseBootstrap, renderSnapshot } from '../render/render-snapshot.ts';
import { type RenderedStage, renderStage } from '../render/render-stage.ts';
import type { Snapshot } from '../render/snapshot.ts';
import { type LoadChecksOptions, type LoadedChecks, loadChecks } from './checks/load-checks.ts';
import { SelectionError } from './selection-error.ts';

/** What part of the matrix is asked for. Empty lists: all of it. */
export type Selection = {
  readonly stages: readonly string[];
  /** Exact versions; one that `mesh.yaml` does not name is allowed. */
  readonly envoys: readonly string[];
};

/** One stage, rendered. */
export type PreparedStage = {
  /** As `mesh.yaml` has it: an upgrade is rehearsed from the version before, selected or not. */
  readonly stage: Stage;
  /** The Envoy versions of it that are asked for. */
  readonly releases: readonly EnvoyRelease[];
  readonly rendered: RenderedStage;
  /** Whether every file could be read: what a rule misses may stand in one that could not. */
  readonly isWhole: boolean;
  /** Undefined where the stage could not be rendered as a whole. */
  readonly snapshot: Snapshot | undefined;
  readonly live: Snapshot | undefined;
  readonly checks: LoadedChecks;
  /** Of rendering this stage and of its checks. */
  readonly findings: readonly Finding[];
};

export type PrepareRequest = {
  readonly dir: string;
  /** The mesh config that is live now, as a directory. */
  readonly liveDir: string | undefined;
  /** What is live in each stage as it was delivered, instead of `liveDir`: nothing is rendered for it. */
  readonly liveSnapshots?: ReadonlyMap<StageName, Snapshot>;
  readonly selection: Selection;
  readonly defaultEnvoyVersions: readonly string[];
  readonly jsonnet: JsonnetEvaluator;
  readonly signal: AbortSignal;
};

export type Prepared = {
  readonly config: MeshConfig | undefined;
  readonly stages: readonly PreparedStage[];
  /** Of loading: what is wrong for every stage. */
  readonly findings: readonly Finding[];
};

/** Reads the mesh config once and renders each selected stage, and its live side. Rejects with `SelectionError`, or when aborted. */
export async function prepareStages(request: PrepareRequest): Promise<Prepared> {
  const { dir, liveDir, selection, defaultEnvoyVersions, jsonnet, signal } = request;
  for (const version of selection.envoys) {
    // `valid` takes `v1.38.3` and `=1.38.3` as well, which no binary and no image is called.
    if (valid(version) !== version)
      throw new SelectionError(`--envoy ${version}: not an Envoy version; write it like 1.38.3`);
  }
  const options = { defaultEnvoyVersions, jsonnet, signal };
  const [read, live] = await Promise.all([
    loadMeshConfig(dir, options),
    liveDir === undefined ? undefined : loadMeshConfig(liveDir, options),
  ]);
  if (!read.config) return { config: undefined, stages: [], findings: read.findings };
  if (live && hasErrors(live.findings)) throw new SelectionError(liveProblem(live.findings));
  const chosen = chooseStages(read.config, selection);
  const isWhole = !hasErrors(read.findings);
  const stages: PreparedStage[] = [];
  for (const { stage, releases } of chosen) {
    signal.throwIfAborted();
    const rendered = renderStage(read.loaded, stage.name);
    const { snapshot, findings } = snapshotOf(stage, rendered);
    const checks = await loadChecks(dir, {
      ...(snapshot && isWhole ? { snapshot: withExamples(snapshot, []).snapshot } : {}),
      stages: read.config.stages.map(({ name }) => name),
      substitute: valuesOf(read.loaded, stage.name),
    });
    stages.push({
      stage,
      releases,
      rendered,
      isWhole,
      snapshot,
      live:
        request.liveSnapshots?.get(stage.name) ??
        (live?.config?.stages.some(({ name }) => name === stage.name) ? liveSnapshot(live.loaded, stage) : undefined),
      checks,
      findings: [...findings, ...checks.findings],
    });
  }
  return { config: read.config, stages, findings: read.findings };
}

const canonicaliseBootstrap: CanonicaliseBootstrap = (body) => {
  const at = locationOf(body) ?? { file: 'bootstrap.yaml', line: 1, column: 1 };
  const checked = checkMessage(newestApiSet(), 'envoy.config.bootstrap.v3.Bootstrap', body, { at });
  return { bootstrap: checked.body, findings: checked.findings };
};
const snapshotOf = (stage: Stage, rendered: RenderedStage): ReturnType<typeof renderSnapshot> =>
  renderSnapshot(stage.name, rendered, canonicaliser(newestApiSet()), canonicaliseBootstrap);

function chooseStages(
  config: MeshConfig,
  { stages, envoys }: Selection,
): readonly Pick<PreparedStage, 'stage' | 'releases'>[] {
  const known = config.stages.map(({ name }) => name);
  for (const name of stages) {
    if ((known as readonly string[]).includes(name)) continue;
    throw new SelectionError(`--stage ${name}: mesh.yaml has no such stage; it has ${known.join(', ')}`);
  }
  return config.stages
    .filter(({ name }) => stages.length === 0 || stages.includes(name))
    .map((stage) => ({ stage, releases: envoys.length === 0 ? stage.envoys : releasesOf(stage, envoys) }));
}

const releasesOf = (stage: Stage, versions: readonly string[]): EnvoyRelease[] =>
  [...new Set(versions)].map(
    (version) => stage.envoys.find((known) => known.version === version) ?? { version: version as EnvoyVersion },
  );

function liveSnapshot(loaded: Loaded, stage: Stage): Snapshot {
  const { snapshot, findings } = snapshotOf(stage, renderStage(loaded, stage.name));
  if (!snapshot) throw new SelectionError(liveProblem(findings));
  return snapshot;
}

function liveProblem(findings: readonly Finding[]): string {
  const [first] = findings.filter(({ severity }) => severity === 'error');
  const where = first
    ? `${first.at.file}:${first.at.line}:${first.at.column} ${first.rule}: saw ${first.saw}`
    : 'it has errors';
  return `--live: the live mesh config cannot be rendered, so nothing can be rehearsed from it: ${where}`;
}

/** `${values.…}` in checks means what it means in resources. */
function valuesOf(loaded: Loaded, stage: string): NonNullable<LoadChecksOptions['substitute']> {
  const values = stageValues(loaded.values, stage, new Expansion());
  return (document) => {
    const expansion = new Expansion();
    const holder = [document];
    const copied = new Substitution({ stage, values }, [], expansion).copy(document, holder, 0);
    return { value: typeof copied === 'symbol' ? null : copied, findings: expansion.findings };
  };
}
