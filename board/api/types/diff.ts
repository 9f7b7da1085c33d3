import type { PriorityArithmetic } from '../../../conformance/guards/panic-arithmetic.ts';
import type { Revision } from '../../../pipeline/ids.ts';
import type { BlastRadius } from '../../../render/diff/blast-radius.ts';
import type { FieldChange } from '../../../render/diff/field-change.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { ResourceKind } from '../../../render/resource.ts';
import type { SourceLocation } from '../../../render/source-location.ts';

/** One side of a comparison. */
export type DiffSide = {
  readonly stage: StageName;
  /** Absent: nothing is there. */
  readonly digest?: Digest;
  readonly revision?: Revision;
};

/** What differs to Envoy: resources, then fields. */
export type DiffView = {
  readonly from: DiffSide;
  readonly to: DiffSide;
  /** `2 clusters changed, 1 route added`. */
  readonly summary: string;
  readonly resources: readonly ResourceChangeView[];
  /** Fields of the bootstrap. */
  readonly bootstrap: readonly FieldChangeView[];
  /** Clusters whose hosts change. */
  readonly hosts: readonly HostChangeView[];
  readonly blastRadius: BlastRadius;
  readonly graph: ImpactGraph;
  /** The whole diff as people read it in a terminal. */
  readonly text: string;
};

export type FieldChangeView = Omit<FieldChange, 'beforePath' | 'afterPath'>;

export type ResourceChangeView = {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** In the proposed config; of a removed one, in the one before. */
  readonly at: SourceLocation;
  /** For `changed`. */
  readonly fields: readonly FieldChangeView[];
  /** For `added` and `removed`: the whole of it. */
  readonly body?: JsonObject;
};

export type HostChangeView = {
  readonly cluster: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of health-checked clusters that are live: each priority whose hosts change. */
  readonly panic: readonly PanicView[];
};

/** The panic arithmetic of one priority; see `docs/errors/guards.md`. */
export type PanicView = Omit<PriorityArithmetic, 'largestSafeStep'> & {
  /** `null`: any number, as panic mode is off. */
  readonly largestSafeStep: number | null;
};

/** The resources that change and those that use them, as a graph: small enough to be drawn, or cut off. */
export type ImpactGraph = {
  readonly nodes: readonly ImpactNode[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly role: string }[];
  /** So many more are left out. */
  readonly leftOut: number;
};
export type ImpactNode = {
  /** `cluster payments`. */
  readonly id: string;
  readonly kind: ResourceKind;
  readonly name: string;
  /** `reached`: it does not change, and uses what does. */
  readonly change: 'added' | 'removed' | 'changed' | 'reached';
};
