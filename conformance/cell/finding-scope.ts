import type { Finding } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { SourceLocation } from '../../render/source-location.ts';

/** Where a finding stands that concerns a whole snapshot, for lack of a better place: its first resource. */
export const startOf = (snapshot: Snapshot): SourceLocation =>
  snapshot.resources[0]?.at ?? { file: 'mesh.yaml', line: 1, column: 1 };

/** What all findings about a snapshot on one Envoy have in common; findings about a resource put its place over `at`. */
export const scopeOf = (
  snapshot: Snapshot,
  envoy: string,
): Pick<Finding, 'severity' | 'at' | 'stage' | 'envoy'> & { readonly severity: 'error' } => ({
  severity: 'error',
  at: startOf(snapshot),
  stage: snapshot.stage,
  envoy: [envoy],
});
