import type { ReportedNode } from '../../controlplane/fleet/fleet-report.ts';
import type { Finding } from '../../render/finding.ts';
import type { Digest, StageName } from '../../render/ids.ts';

/** One Envoy, as a control plane of the stage last knew it: what that reported, and the store kept. */
export type FleetNode = ReportedNode;

/** Sums over the fleet of a stage in one interval, from access logs and Envoy's metrics stream. */
export type TrafficSample = {
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
  readonly requests: number;
  /** Answered 5xx, or not at all, as the response flags tell; what the config asks for (direct responses, fault filters) is not counted. */
  readonly failures: number;
  /** Counts per bucket of `LATENCY_BOUNDS_MS` (upper bounds), one more for what is above. */
  readonly latencyCounts: readonly number[];
  /** Increase of `lb_healthy_panic` over all clusters and nodes, in the interval. */
  readonly panicPicks: number;
  /** Which clusters, for the words. */
  readonly panicClusters: readonly string[];
};
export { LATENCY_BOUNDS_MS } from '../../controlplane/fleet/traffic-sums.ts';

/** What the fleet of a stage says of itself. Read from the store, where every control plane of the stage writes it. */
export type FleetView = {
  nodes(stage: StageName): Promise<readonly FleetNode[]>;
  /** Samples that lie wholly in the interval, oldest first. Empty: nothing is known, which is not "no failures". */
  traffic(stage: StageName, fromEpochMs: number, toEpochMs: number): Promise<readonly TrafficSample[]>;
  /** Control planes of the stage that were heard of lately, with what they serve. */
  controlPlanes(stage: StageName): Promise<readonly ControlPlaneState[]>;
};

export type ControlPlaneState = {
  readonly id: string;
  readonly servedDigest: Digest | undefined;
  /** Why it does not serve what the target holds, where it does not. */
  readonly problem: string | undefined;
  /** When what it serves, or why not, became what it is. */
  readonly stateSinceEpochMs: number;
  readonly seenEpochMs: number;
  /** What people should look at in the hosts that it finds; a source that fails, or that is not believed. */
  readonly findings: readonly Finding[];
};
