import type { Snapshot } from '../../../render/snapshot.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import type { Check } from '../check.ts';
import type { ClusterReader } from './cluster-outcome.ts';
import type { RuntimeValues } from './runtime-values.ts';

/** What the checks of a filter chain are derived from. */
export type Derivation = {
  readonly snapshot: Snapshot;
  readonly clusters: ClusterReader;
  readonly runtime: RuntimeValues;
};

/** What could have been asked, and why it cannot be. */
export const uncheckable = (name: string, at: SourceLocation, reason: string): Check => ({
  kind: 'uncheckable',
  name,
  origin: 'default',
  at,
  reason,
});
