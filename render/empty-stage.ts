import { type Finding, hasErrors } from './finding.ts';
import { loadFinding, startOf } from './load/rules.ts';
import type { RenderedStage } from './render-stage.ts';
import { RESOURCE_TYPES } from './resource.ts';

const FOLDERS = Object.values(RESOURCE_TYPES).map(({ folder }) => `${folder}/`);
const WANT = `a resource in one of ${FOLDERS.join(', ')}, or in a file of that name (clusters.yaml); other files, an envoy.yaml for example, are not read`;

/** A stage that passed because nothing is in it would be the worst of answers. Nothing is said where something could not be read. */
export function emptyStage({ resources, generators = [], findings }: RenderedStage): readonly Finding[] {
  if (resources.length > 0 || generators.length > 0 || hasErrors(findings)) return [];
  return [loadFinding('empty-stage', startOf('mesh.yaml'), 'no resource', WANT)];
}
