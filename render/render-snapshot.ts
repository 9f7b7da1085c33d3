import { type Finding, hasErrors } from './finding.ts';
import type { StageName } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { RenderedStage } from './render-stage.ts';
import type { Resource, WrittenResource } from './resource.ts';
import { makeSnapshot, type Snapshot } from './snapshot.ts';

/** Reads what was written as the Envoy message that it is, in canonical form; without a result there are findings of severity `error`. */
export type Canonicaliser = {
  readonly resource: (resource: WrittenResource) => {
    readonly resource?: Resource;
    readonly findings: readonly Finding[];
  };
  readonly bootstrap: (body: JsonObject) => { readonly bootstrap?: JsonObject; readonly findings: readonly Finding[] };
};

/** The snapshot of a rendered stage; undefined where the stage or any of its resources has errors, since a part of one is not it. */
export function renderSnapshot(
  stage: StageName,
  rendered: RenderedStage,
  canonicaliser: Canonicaliser,
): { readonly snapshot: Snapshot | undefined; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [...rendered.findings];
  const resources: Resource[] = [];
  for (const written of rendered.resources) {
    const read = canonicaliser.resource(written);
    for (const finding of read.findings) findings.push({ ...finding, stage });
    if (read.resource) resources.push(read.resource);
  }
  let bootstrap: JsonObject | undefined;
  if (rendered.bootstrap) {
    const read = canonicaliser.bootstrap(rendered.bootstrap);
    for (const finding of read.findings) findings.push({ ...finding, stage });
    bootstrap = read.bootstrap;
  }
  return { snapshot: hasErrors(findings) ? undefined : makeSnapshot(stage, resources, bootstrap), findings };
}
