import { createHash } from 'node:crypto';
import { findingsOfCell } from '../../../conformance/report/matrix-result.ts';
import { reportJson } from '../../../conformance/report/report-json.ts';
import { reproCommand } from '../../../conformance/report/repro-command.ts';
import { toolDigest } from '../../../conformance/tool-digest.ts';
import { type VerifyRequest, verifyMesh } from '../../../conformance/verify.ts';
import { contentDigest } from '../../../render/load/content-digest.ts';
import type { CellOutcome, Prove } from '../ports.ts';
import type { ConfigSource } from '../source/config-source.ts';

export type ProveSettings = Pick<
  VerifyRequest,
  | 'defaultEnvoyVersions'
  | 'jsonnet'
  | 'launcher'
  | 'cacheDir'
  | 'scripts'
  | 'verdictDir'
  | 'scratchParent'
  | 'toolVersion'
> & { readonly source: ConfigSource; readonly nowIso: () => string };

/**
 * One cell on a real Envoy: the revision as it is in the repository, from the snapshot that is live. Verdicts that `mesh verify` kept on
 * this machine count, as they are of the same bytes. What keeps a cell from running at all (no Envoy, no disk) rejects.
 */
export function proveOnEnvoys({ source, nowIso, ...settings }: ProveSettings): Prove {
  return async ({ revision, stage, envoy, live }, signal): Promise<CellOutcome> => {
    await using files = await source.read(revision, signal);
    const result = await verifyMesh({
      ...settings,
      dir: files.dir,
      liveDir: undefined,
      ...(live ? { liveSnapshots: new Map([[stage, live]]) } : {}),
      selection: { stages: [stage], envoys: [envoy] },
      check: undefined,
      workers: 1,
      concurrency: 1,
      startedAtIso: nowIso(),
      revision,
      reproOf: (stageName, version) => reproCommand({ stage: stageName, envoy: version }),
      onEvent: () => undefined,
      signal,
    });
    const [cell] = result.cells;
    const content = await contentDigest(files.dir);
    const basis = {
      revision,
      content: content ?? '',
      stage,
      envoy,
      digest: cell?.digest ?? '',
      live: live?.digest ?? '',
      launcher: cell?.launcher ?? '',
      tool: toolDigest(),
    };
    return {
      verdict: result.verdict,
      digest: result.stages[0]?.digest,
      cached: cell?.cached ?? false,
      basis: createHash('sha256').update(JSON.stringify(basis)).digest('hex'),
      findings: [...result.findings, ...result.cells.flatMap(findingsOfCell).map(({ finding }) => finding)],
      message: cell?.message,
      report: reportJson(result, false),
    };
  };
}
