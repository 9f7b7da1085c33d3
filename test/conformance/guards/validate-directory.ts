import { type StageValidation, validateStage } from '../../../conformance/validate.ts';
import { loadMeshConfig } from '../../../render/load/load-mesh-config.ts';
import { renderStage } from '../../../render/render-stage.ts';
import type { Snapshot } from '../../../render/snapshot.ts';

/** What `./mesh validate` does with a config directory of one stage. */
export async function validateDirectory(
  dir: string,
  envoyVersions: readonly string[],
  live?: Snapshot,
): Promise<StageValidation> {
  const { config, loaded, findings } = await loadMeshConfig(dir, { defaultEnvoyVersions: envoyVersions });
  const stage = config?.stages[0];
  if (!stage) throw new Error(`${dir}: ${JSON.stringify(findings)}`);
  const rendered = renderStage(loaded, stage.name);
  return validateStage(stage, { ...rendered, findings: [...findings, ...rendered.findings] }, live);
}
