import { prepareStages } from '../../../conformance/prepare-stages.ts';
import { validateSelected } from '../../../conformance/verify.ts';
import { hasErrors } from '../../../render/finding.ts';
import type { JsonnetEvaluator } from '../../../render/load/jsonnet/jsonnet-evaluator.ts';
import { loadMeshConfig } from '../../../render/load/load-mesh-config.ts';
import type { Revision } from '../../ids.ts';
import { keepLast } from '../../keep-last.ts';
import type { ConfigAtRevision, Revisions } from '../ports.ts';
import type { ConfigSource } from './config-source.ts';

export type ReadRevisionsOptions = {
  readonly source: ConfigSource;
  readonly defaultEnvoyVersions: readonly string[];
  readonly jsonnet: JsonnetEvaluator;
};

/** `mesh.yaml` of this many revisions is kept; a mesh has a few live ones. */
const KEPT = 64;

/** Revisions of the mesh config, each in a directory of its own while it is read. */
export function readRevisions({ source, defaultEnvoyVersions, jsonnet }: ReadRevisionsOptions): Revisions {
  const known = new Map<Revision, ConfigAtRevision>();

  async function readConfig(revision: Revision, signal: AbortSignal | undefined): Promise<ConfigAtRevision> {
    await using files = await source.read(revision, signal);
    const options = { defaultEnvoyVersions, jsonnet, ...(signal ? { signal } : {}) };
    const { config, findings } = await loadMeshConfig(files.dir, options);
    return config ? { kind: 'read', config } : { kind: 'broken', findings };
  }

  return {
    async config(revision, signal) {
      const read = known.get(revision) ?? (await readConfig(revision, signal));
      keepLast(known, revision, read, () => known.size <= KEPT);
      return read;
    },
    async stage(revision, name, live, signal = new AbortController().signal) {
      const read = await this.config(revision, signal);
      if (read.kind === 'read' && !read.config.stages.some((stage) => stage.name === name)) return undefined;
      await using files = await source.read(revision, signal);
      const prepared = await prepareStages({
        dir: files.dir,
        liveDir: undefined,
        selection: { stages: read.kind === 'read' ? [name] : [], envoys: [] },
        defaultEnvoyVersions,
        jsonnet,
        signal,
      });
      const [first] = prepared.stages;
      if (!first) return undefined;
      const validation = validateSelected({ ...first, live });
      const findings = [...prepared.findings, ...validation.findings];
      return { stage: first.stage, snapshot: hasErrors(findings) ? undefined : first.snapshot, findings };
    },
  };
}
