import { type Finding, hasErrors } from '../finding.ts';
import type { EnvoyVersion, StageName } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { locate } from '../places.ts';
import { shapeFindings } from '../shape-findings.ts';
import type { SourceLocation } from '../source-location.ts';
import { accessConfig, ownersConfig } from './access-config-of.ts';
import { accessFindings } from './access-rules.ts';
import { freezeFindings } from './freeze-rules.ts';
import type { EnvoyRelease, GuardSettings, MeshConfig, Stage, StageGates, StageTarget } from './mesh-config.ts';
import { type MeshFile, meshJsonSchema, meshSchema, type StageEntry } from './mesh-schema.ts';
import { observeSettings } from './observe-schema.ts';
import { NO_GATES } from './stage-defaults.ts';
import { targetFindings } from './target-rules.ts';
import { urlFindings } from './url-rules.ts';
import { msOf } from './written-duration.ts';

const DEFAULT_PANIC_THRESHOLD_PERCENT = 50;
const DEFAULT_REHEARSAL_REQUESTS_PER_SECOND = 200;

const SHAPE_RULES = { value: 'mesh-value', unknownKey: 'mesh-unknown-key', missingKey: 'mesh-missing-key' };

/** `mesh.yaml` as a `MeshConfig`; undefined with findings, all at once, where anything in it is wrong. */
export function parseMeshConfig(
  dir: string,
  file: string,
  body: JsonObject,
  defaultEnvoyVersions: readonly string[],
): { config: MeshConfig | undefined; findings: Finding[] } {
  const start = { file, line: 1, column: 1 };
  const parsed = meshSchema.safeParse(body);
  if (!parsed.success)
    return { config: undefined, findings: shapeFindings(parsed.error, body, SHAPE_RULES, meshJsonSchema(), start) };
  const mesh = parsed.data;
  const findings: Finding[] = [];
  const at = (...path: (string | number)[]): SourceLocation => locate(body, path) ?? start;
  const stages = mesh.stages.map((entry, index) => stageOf(mesh, entry, defaultEnvoyVersions, at('stages', index)));
  for (const [index, stage] of stages.entries()) {
    if (stages.findIndex((other) => other.name === stage.name) < index) {
      const saw = `the stage ${stage.name} again`;
      findings.push({
        rule: 'duplicate-stage',
        severity: 'error',
        at: at('stages', index, 'name'),
        saw,
        want: 'each stage once',
      });
    }
    if (stage.envoys.length === 0) {
      const want = '`envoy`, in the stage or at the top: a list of versions such as ["1.40.0"]';
      findings.push({
        rule: 'no-envoy-version',
        severity: 'error',
        at: stage.at,
        saw: `stage ${stage.name} without Envoy versions`,
        want,
      });
    }
  }
  const config: MeshConfig = {
    dir,
    stages,
    ...wholeMesh(mesh),
    access: mesh.access && accessConfig(mesh.access, at),
    owners: ownersConfig(mesh.owners, at),
  };
  findings.push(
    ...accessFindings(config, at),
    ...urlFindings(mesh, at),
    ...freezeFindings(mesh, stages, at),
    ...targetFindings(stages, at),
  );
  return { config: hasErrors(findings) ? undefined : config, findings };
}

const DEFAULT_BRANCH = 'main';
const wholeMesh = ({ branch, remote, slack }: MeshFile): Pick<MeshConfig, 'branch' | 'remote' | 'slack'> => ({
  branch: branch ?? DEFAULT_BRANCH,
  remote,
  slack,
});

/** What holds where there is no `mesh.yaml`: one stage that covers every node. */
export function defaultMeshConfig(dir: string, defaultEnvoyVersions: readonly string[]): MeshConfig {
  const at = { file: 'mesh.yaml', line: 1, column: 1 };
  const mesh: MeshFile = { stages: [{ name: 'default' }] };
  const stages = mesh.stages.map((entry) => stageOf(mesh, entry, defaultEnvoyVersions, at));
  return { dir, stages, ...wholeMesh(mesh), access: undefined, owners: [] };
}

function stageOf(mesh: MeshFile, entry: StageEntry, defaults: readonly string[], at: SourceLocation): Stage {
  const images = { ...mesh.images, ...entry.images };
  const envoys = (entry.envoy ?? mesh.envoy ?? defaults).map((version): EnvoyRelease => {
    const image = images[version];
    return { version: version as EnvoyVersion, ...(image === undefined ? {} : { image }) };
  });
  const { cluster, id, metadata } = entry.node ?? {};
  return {
    name: entry.name as StageName,
    envoys,
    node: {
      ...(cluster === undefined ? {} : { cluster }),
      ...(id === undefined ? {} : { id }),
      ...(metadata === undefined ? {} : { metadata: metadata as JsonObject }),
    },
    guards: guardsOf(mesh, entry),
    gates: gatesOf(entry),
    observe: observeSettings(mesh.observe, entry.observe),
    target: entry.target as StageTarget | undefined,
    at,
  };
}

const guardsOf = (mesh: MeshFile, entry: StageEntry): GuardSettings => {
  const settings = { ...mesh.guards, ...entry.guards };
  return {
    defaultPanicThresholdPercent: settings.default_panic_threshold_percent ?? DEFAULT_PANIC_THRESHOLD_PERCENT,
    rehearsalRequestsPerSecond: settings.rehearsal_requests_per_second ?? DEFAULT_REHEARSAL_REQUESTS_PER_SECOND,
  };
};

/** A Monday that is also the first of a year: weekly, monthly and yearly recurrences begin where people expect them to. */
const RECURRENCES_FROM = '2024-01-01';

function gatesOf({ gates }: StageEntry): StageGates {
  const approvals = gates?.approvals;
  return {
    auto: gates?.auto ?? false,
    soakMs: gates?.soak === undefined ? 0 : msOf(gates.soak),
    approvals: approvals && { count: approvals.count, group: approvals.group, expireMs: msOf(approvals.expire) },
    freeze: (gates?.freeze ?? []).map(({ start, duration, time_zone: timeZone, from, reason }) => ({
      start,
      durationMs: msOf(duration),
      timeZone,
      from: from ?? RECURRENCES_FROM,
      reason,
    })),
    expireMs: gates?.expire === undefined ? NO_GATES.expireMs : msOf(gates.expire),
    confirmMs: gates?.confirm === undefined ? NO_GATES.confirmMs : msOf(gates.confirm),
    fastRollbackMs: gates?.fast_rollback === undefined ? NO_GATES.fastRollbackMs : msOf(gates.fast_rollback),
  };
}
