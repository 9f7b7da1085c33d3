import type { Snapshot } from '../../render/snapshot.ts';
import type { Check } from './check.ts';
import { type Footprint, footprints, inConflict, isExclusive } from './footprint.ts';

/** How many checks run at a time. */
export const CHECKS_AT_A_TIME = 16;

export type ScheduledCheck = {
  readonly check: Check;
  /** Checks of the same phase, all of them earlier in it, that must be over before this one starts. */
  readonly after: readonly ScheduledCheck[];
};

/** Those that need the whole Envoy first, for each of them has all others wait; what changes how hosts behave late, for outlier detection remembers. */
function rankOf(check: Check, footprint: Footprint): number {
  if (check.kind === 'request' && check.arrangements.length > 0) return 2;
  return isExclusive(footprint) ? 0 : 1;
}

/** Health first, for everything else needs it; scripts last. */
function phaseOf({ kind }: Check): number {
  if (kind === 'cluster-health' || kind === 'uncheckable') return 0;
  return kind === 'script' ? 2 : 1;
}

/**
 * Phases to run one after the other. In a phase, each check may start as soon as those that it must come after are over; what is
 * not ordered does not disturb each other and runs side by side. Sound as far as the snapshot tells: two checks are unordered only
 * if neither changes a cluster that the other may reach, neither counts what the other adds to, and neither loads an Envoy whose
 * answers the other times. Two that are ordered always run in the same order: by rank, and within it as they were given.
 */
export function scheduleChecks(checks: readonly Check[], snapshot?: Snapshot): readonly (readonly ScheduledCheck[])[] {
  const footprintOf = footprints(snapshot, CHECKS_AT_A_TIME);
  return [0, 1, 2].map((phase) => {
    const ranked = checks
      .filter((check) => phaseOf(check) === phase)
      .map((check) => {
        const footprint = footprintOf(check);
        return { check, footprint, rank: rankOf(check, footprint) };
      })
      .sort((a, b) => a.rank - b.rank);
    const earlier: { readonly footprint: Footprint; readonly scheduled: ScheduledCheck }[] = [];
    return ranked.map(({ check, footprint }) => {
      const after = earlier.flatMap((other) => (inConflict(footprint, other.footprint) ? [other.scheduled] : []));
      const scheduled = { check, after };
      earlier.push({ footprint, scheduled });
      return scheduled;
    });
  });
}
