import type { Digest, StageName } from '../../../render/ids.ts';
import type { Reference } from '../../../render/references/reference.ts';
import type { Resource } from '../../../render/resource.ts';
import type { Stale } from './problem.ts';

/** `GET /api/mesh/:stage?minutes=`: who calls whom, from access logs, over what is live in the stage. */
export type MeshMapView = {
  readonly stage: StageName;
  readonly digest?: Digest;
  /** What the figures are of; the end is that of the last step of 5 s. */
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  readonly services: readonly MapService[];
  readonly edges: readonly MapEdge[];
  readonly dangling: readonly DanglingReference[];
  readonly stale: readonly Stale[];
};
export type MapService = {
  readonly name: string;
  /** `cluster`: configured. `caller`: Envoys of that name call, and no cluster bears it. `unknown`: logged, and not in what is live. */
  readonly kind: 'cluster' | 'caller' | 'unknown';
  readonly requestsPerSecond: number;
  /** Of the requests that reach it. 0 to 1; absent without requests. */
  readonly failureShare?: number;
};
export type MapEdge = {
  readonly from: string;
  readonly to: string;
  /** Sums over the time; 0: configured, and nothing was logged. */
  readonly requests: number;
  readonly failures: number;
  readonly requestsPerSecond: number;
  readonly failureShare?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
};
/** Something names what is not there. */
export type DanglingReference = Pick<Reference, 'role' | 'whenMissing' | 'at'> & {
  readonly from: Pick<Resource, 'kind' | 'name'>;
  readonly to: Pick<Resource, 'kind' | 'name'>;
};
