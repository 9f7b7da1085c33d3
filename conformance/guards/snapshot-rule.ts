import type { GuardSettings } from '../../render/config/mesh-config.ts';
import type { Finding, Severity } from '../../render/finding.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { keyLocation, locationOf, placeOf, valueLocation, viaOf } from '../../render/places.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';

export type GuardContext = {
  /** The Envoy versions of the stage: a rule that holds for some of them names those. */
  readonly envoys: readonly EnvoyVersion[];
  readonly settings: GuardSettings;
  /** What is live now, where that is known. */
  readonly live?: Snapshot;
};

/** What a rule has to say of one place; the runner makes a `Finding` of it. */
export type Complaint = {
  readonly resource: Resource;
  /** The object or list in which the fault stands; default: the resource. */
  readonly holder?: object;
  /** The member of `holder`; without one the place is the holder's. */
  readonly key?: string | number;
  /** Points to the member's key rather than to its value: for a member that should not be there at all. */
  readonly atKey?: boolean;
  readonly saw: string;
  readonly want: string;
  /** Where it differs from the rule's own. */
  readonly severity?: Severity;
  /** Where it holds for some of the stage's Envoy versions only. */
  readonly envoy?: readonly EnvoyVersion[];
};

/** One hazard rule over a whole snapshot. `check` reports everything that it finds, and nothing that it is not certain of. */
export type SnapshotRule = {
  readonly code: string;
  /** The severity of what it finds, unless the finding says otherwise. */
  readonly severity: Severity;
  readonly summary: string;
  /**
   * What must have been decoded without fault for the rule to be certain: the part that it points at, the whole resource (default), or
   * the whole snapshot. What a resource with faults of its own lacks may be what could not be read.
   */
  readonly holdsIn?: 'part' | 'resource' | 'snapshot';
  readonly check: (snapshot: Snapshot, context: GuardContext) => readonly Complaint[];
};

export function findingsOf(rule: SnapshotRule, snapshot: Snapshot, context: GuardContext): readonly Finding[] {
  return rule.check(snapshot, context).map(({ resource, holder, key, atKey, saw, want, severity, envoy }): Finding => {
    const place = holder && placeOf(holder) ? holder : resource.body;
    const named = holder === place ? key : undefined;
    const at =
      (named === undefined ? locationOf(place) : atKey ? keyLocation(place, named) : valueLocation(place, named)) ??
      resource.at;
    const via = viaOf(place);
    return {
      rule: rule.code,
      severity: severity ?? rule.severity,
      at,
      saw,
      want,
      resource: resourceLabel(resource),
      stage: snapshot.stage,
      ...(envoy ? { envoy } : {}),
      ...(via.length > 0 ? { via } : {}),
    };
  });
}
