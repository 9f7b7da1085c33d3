import type { Digest, StageName } from '../../render/ids.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { EvidenceId } from '../ids.ts';
import type { PipelineReader, PipelineTransaction } from '../store/pipeline-store.ts';
import { snapshotDocument, snapshotOfDocument } from './snapshot-document.ts';
import type { Sql } from './timers.ts';

/** Keeps the snapshot for as long as anything may be verified from it, pushed or rolled back to. */
export async function keepSnapshot(tx: PipelineTransaction, snapshot: Snapshot): Promise<EvidenceId> {
  const evidence = await tx.keep('snapshot', snapshotDocument(snapshot));
  await tx.sql(
    'insert into meshgate.engine_snapshot (stage, digest, evidence) values ($1, $2, $3) on conflict do nothing',
    [snapshot.stage, snapshot.digest, evidence],
  );
  return evidence;
}

/** Undefined: no snapshot of that digest was ever kept for the stage. */
export async function deliveredSnapshot(
  store: Sql & (Pick<PipelineReader, 'evidence'> | { readonly read: Pick<PipelineReader, 'evidence'> }),
  stage: StageName,
  digest: Digest,
): Promise<Snapshot | undefined> {
  const [row] = await store.sql<{ readonly evidence: EvidenceId }>(
    'select evidence from meshgate.engine_snapshot where stage = $1 and digest = $2',
    [stage, digest],
  );
  const reader = 'read' in store ? store.read : store;
  const text = row && (await reader.evidence(row.evidence));
  return text === undefined ? undefined : snapshotOfDocument(text);
}
