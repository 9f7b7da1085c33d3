import { newestApiSet } from '../render/api/api-set.ts';
import { canonicaliser } from '../render/api/canonicaliser.ts';
import { checkMessage } from '../render/api/check-message.ts';
import { checkResources } from '../render/api/check-resources.ts';
import { withoutRepeats } from '../render/api/merge-findings.ts';
import type { Stage } from '../render/config/mesh-config.ts';
import { emptyStage } from '../render/empty-stage.ts';
import { type Finding, hasErrors } from '../render/finding.ts';
import { possibleSnapshots, withExamples } from '../render/generators/with-examples.ts';
import type { JsonObject } from '../render/json.ts';
import { locationOf } from '../render/places.ts';
import type { RenderedStage } from '../render/render-stage.ts';
import { type Resource, resourceLabel } from '../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../render/snapshot.ts';
import { findingsOf } from './guards/snapshot-rule.ts';
import { SNAPSHOT_RULES } from './guards/snapshot-rules.ts';

export type StageValidation = {
  readonly stage: Stage;
  /** What the stage renders to; undefined where there are errors that keep a resource from being read. */
  readonly snapshot: Snapshot | undefined;
  /** Those of rendering, of the API of each Envoy version, and of the guards; sorted by place. */
  readonly findings: readonly Finding[];
};

/**
 * Everything that can be said of a stage without an Envoy: what rendering found, the API of each of the stage's Envoy versions, and every
 * guard, with `live` also the way from there to here. One run reports all faults: a guard is silent only where a fault of another kind
 * leaves it uncertain. `isWhole: false` says that some file of the config could not be read at all.
 */
export function validateStage(
  stage: Stage,
  rendered: RenderedStage,
  live?: Snapshot,
  { isWhole: wasRead = true }: { readonly isWhole?: boolean } = {},
): StageValidation {
  const envoys = stage.envoys.map(({ version }) => version);
  const ofApi: Finding[] = [...checkResources(rendered.resources, rendered.bootstrap, envoys)];
  const read = canonicalResources(rendered, ofApi);
  const bootstrap = rendered.bootstrap && canonicalBootstrap(rendered.bootstrap, ofApi);
  const partial = makeSnapshot(stage.name, read, bootstrap, rendered.generators);
  ofApi.push(...withExamples(partial, envoys).findings);
  const broken = new Set(ofApi.filter(({ severity }) => severity === 'error').map(({ resource }) => resource ?? ''));
  const possible = possibleSnapshots(partial, envoys);
  const isUnread = !wasRead || hasErrors(rendered.findings);
  const context = { envoys, settings: stage.guards, ...(live ? { live } : {}) };
  const ofGuards = SNAPSHOT_RULES.flatMap((rule) => {
    const { holdsIn = 'resource' } = rule;
    // A file that could not be read may hold what a rule would miss.
    if (isUnread && holdsIn !== 'resource') return [];
    if (holdsIn === 'snapshot' && broken.size > 0) return [];
    const found = foundIn(possible, (snapshot) => findingsOf(rule, snapshot, context));
    return holdsIn === 'resource' ? found.filter(({ resource }) => !broken.has(resource ?? '')) : found;
  });
  const ofNothing = isUnread ? [] : emptyStage(rendered);
  const all = [...rendered.findings, ...ofNothing, ...ofApi, ...ofGuards].map(
    (finding): Finding => ({ ...finding, stage: stage.name }),
  );
  const isWhole = !isUnread && broken.size === 0;
  return { stage, snapshot: isWhole ? partial : undefined, findings: sortFindings(withoutRepeats(all)) };
}

/**
 * What a stage with generators comes to without a service, with one and with several: an error in any of them refuses, and a warning counts
 * where all services are there (a route configuration that only they need is not unused).
 */
const foundIn = (possible: readonly Snapshot[], find: (snapshot: Snapshot) => readonly Finding[]): readonly Finding[] =>
  possible.flatMap((snapshot, index) =>
    find(snapshot).filter(({ severity }) => severity === 'error' || index === possible.length - 1),
  );

/** The canonical form comes from the newest API; what only that has against a resource counts where the stage's versions said nothing. */
function canonicalResources(rendered: RenderedStage, ofApi: Finding[]): readonly Resource[] {
  const canonicalise = canonicaliser(newestApiSet());
  const faulty = new Set(ofApi.filter(({ severity }) => severity === 'error').map(({ resource }) => resource));
  return rendered.resources.flatMap((written) => {
    const { resource, findings } = canonicalise(written);
    if (!resource || !faulty.has(resourceLabel(resource)))
      ofApi.push(...findings.filter(({ severity }) => severity === 'error'));
    return resource ? [resource] : [];
  });
}

function canonicalBootstrap(body: JsonObject, ofApi: Finding[]): JsonObject {
  const at = locationOf(body) ?? { file: 'bootstrap.yaml', line: 1, column: 1 };
  const checked = checkMessage(newestApiSet(), 'envoy.config.bootstrap.v3.Bootstrap', body, { at });
  if (!ofApi.some(({ severity, resource }) => severity === 'error' && resource === undefined))
    ofApi.push(...checked.findings.filter(({ severity }) => severity === 'error'));
  return checked.body;
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By file, line and column, then by rule: the same findings always read alike. */
export const sortFindings = (findings: readonly Finding[]): readonly Finding[] =>
  [...findings].sort(
    (a, b) =>
      text(a.at.file, b.at.file) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column ||
      text(a.rule, b.rule) ||
      text(a.saw, b.saw),
  );

/**
 * The findings of all stages as one list: what several stages say alike is said once, with their names, and without any where all of
 * them say it. Their Envoy versions are joined; they are named only where some stage does not hold for all of its own.
 */
export function mergeStages(validations: readonly StageValidation[]): readonly Finding[] {
  const merged = new Map<string, { finding: Finding; stages: Set<string>; envoys: Set<string>; isPartial: boolean }>();
  for (const { stage, findings } of validations)
    for (const finding of findings) {
      const { rule, severity, at, saw, want, resource } = finding;
      const key = JSON.stringify([rule, severity, at.file, at.line, at.column, saw, want, resource]);
      const entry = merged.get(key) ?? { finding, stages: new Set(), envoys: new Set(), isPartial: false };
      entry.stages.add(stage.name);
      for (const version of finding.envoy ?? stage.envoys.map((release) => release.version)) entry.envoys.add(version);
      entry.isPartial ||= finding.envoy !== undefined;
      merged.set(key, entry);
    }
  const findings = [...merged.values()].map(({ finding, stages, envoys, isPartial }): Finding => {
    const { stage: _stage, envoy: _envoy, ...rest } = finding;
    const isEverywhere = stages.size === validations.length && validations.length > 1;
    return {
      ...rest,
      ...(isEverywhere ? {} : { stage: [...stages].join(', ') }),
      ...(isPartial ? { envoy: [...envoys].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })) } : {}),
    };
  });
  return sortFindings(findings);
}
