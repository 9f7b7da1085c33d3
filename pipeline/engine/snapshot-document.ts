import type { Generator } from '../../render/generators/generator.ts';
import { shortDigest } from '../../render/ids.ts';
import type { JsonObject } from '../../render/json.ts';
import type { Resource } from '../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../render/snapshot.ts';

/** A snapshot as a document of evidence: what was planned is what is pushed, whatever renders by then. */
export function snapshotDocument({ stage, digest, resources, bootstrap, generators }: Snapshot): string {
  return JSON.stringify({
    format: 1,
    stage,
    digest,
    resources,
    ...(bootstrap ? { bootstrap } : {}),
    ...(generators ? { generators } : {}),
  });
}

/** Throws where the document is not the snapshot that its digest names. */
export function snapshotOfDocument(text: string): Snapshot {
  const document = JSON.parse(text) as Pick<Snapshot, 'stage' | 'digest'> & {
    readonly resources: readonly Resource[];
    readonly bootstrap?: JsonObject;
    readonly generators?: readonly Generator[];
  };
  const snapshot = makeSnapshot(document.stage, document.resources, document.bootstrap, document.generators);
  if (snapshot.digest !== document.digest)
    throw new Error(
      `a stored snapshot says ${shortDigest(document.digest)}, and its content is ${shortDigest(snapshot.digest)}`,
    );
  return snapshot;
}
