import { type Finding, hasErrors } from './finding.ts';
import { withExamples } from './generators/with-examples.ts';
import type { StageName } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { RenderedStage } from './render-stage.ts';
import type { Resource, WrittenResource } from './resource.ts';
import { makeSnapshot, type Snapshot } from './snapshot.ts';

/** Reads what was written as the Envoy message that it is, in canonical form. Where it cannot, there are findings of severity `error`. */
export type Canonicalise = (written: WrittenResource) => {
  readonly resource?: Resource;
  readonly findings: readonly Finding[];
};
export type CanonicaliseBootstrap = (body: JsonObject) => {
  readonly bootstrap?: JsonObject;
  readonly findings: readonly Finding[];
};

const asItIs: CanonicaliseBootstrap = (bootstrap) => ({ bootstrap, findings: [] });

/** The snapshot of a rendered stage; undefined where the stage or any of its resources has errors, since a part of one is not it. */
export function renderSnapshot(
  stage: StageName,
  rendered: RenderedStage,
  canonicalise: Canonicalise,
  canonicaliseBootstrap: CanonicaliseBootstrap = asItIs,
): { readonly snapshot: Snapshot | undefined; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [...rendered.findings];
  const take = (found: readonly Finding[]): void => {
    for (const finding of found) findings.push({ ...finding, stage });
  };
  const resources: Resource[] = [];
  for (const written of rendered.resources) {
    const read = canonicalise(written);
    take(read.findings);
    if (read.resource) resources.push(read.resource);
  }
  const read = rendered.bootstrap && canonicaliseBootstrap(rendered.bootstrap);
  if (read) take(read.findings);
  const snapshot = hasErrors(findings)
    ? undefined
    : makeSnapshot(stage, resources, read?.bootstrap, rendered.generators);
  if (!snapshot?.generators) return { snapshot, findings };
  // A generator that fails for its own examples is no part of a snapshot; which Envoys take it is for the check of each version to say.
  take(withExamples(snapshot, []).findings);
  return { snapshot: hasErrors(findings) ? undefined : snapshot, findings };
}
