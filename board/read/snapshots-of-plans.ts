import { deliveredSnapshot } from '../../pipeline/engine/delivered-snapshot.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { shareEach } from './share.ts';

/** A snapshot by its digest never changes, so that what was read is good for as long as it is kept. */
const KNOWN_MS = 10 * 60_000;
const KEPT = 24;

/** Undefined: what is to be promoted is not kept; `before` undefined: nothing was there. */
export type SnapshotsOfPlans = (
  stage: StageName,
  before: Digest | undefined,
  after: Digest,
) => Promise<{ readonly before: Snapshot | undefined; readonly after: Snapshot } | undefined>;

/** A snapshot of a stage, from the store; undefined: none of that digest is kept. */
export type SnapshotReader = (stage: StageName, digest: Digest) => Promise<Snapshot | undefined>;

export function snapshotReader(store: PipelineStore): SnapshotReader {
  const read = shareEach<Snapshot>(
    KNOWN_MS,
    async (key) => {
      const [stage = '', digest = ''] = key.split('\n');
      const found = await deliveredSnapshot(store, stage as StageName, digest as Digest);
      // Not remembered: it may be kept later.
      if (!found) throw new NotKept();
      return found;
    },
    KEPT,
  );
  return (stage, digest) =>
    read(`${stage}\n${digest}`).catch((fault: unknown) => {
      if (fault instanceof NotKept) return undefined;
      throw fault;
    });
}

class NotKept extends Error {
  override readonly name = 'NotKept';
}

export const snapshotsOfPlans =
  (read: SnapshotReader): SnapshotsOfPlans =>
  async (stage, before, after) => {
    const [was, is] = await Promise.all([before === undefined ? undefined : read(stage, before), read(stage, after)]);
    if (!is || (before !== undefined && !was)) return undefined;
    return { before: was, after: is };
  };
