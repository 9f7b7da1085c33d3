import type { EdgeSums, ExchangeSums } from '../../controlplane/telemetry/edge-sums.ts';
import type { StageName } from '../../render/ids.ts';

export { LATENCY_BOUNDS_MS } from '../../controlplane/fleet/traffic-sums.ts';
export { NONE, OTHER, UNKNOWN } from '../../controlplane/telemetry/edge-sums.ts';

/** Control planes store what they saw in windows of so long; the window that is under way is there too, as far as it is known. */
export const EDGE_WINDOW_MS = 60_000;

/** Who calls whom in one stage, over all control planes of it and over the interval that was asked for. */
export type ServiceEdge = ExchangeSums & {
  /** A service, or `unknown`: a caller outside of the mesh; `other`: what is beyond the number of edges that a control plane keeps apart. */
  readonly source: string;
  /** A service, or `none`: the Envoy of the source answered itself, or had no cluster for it; `other`. */
  readonly destination: string;
  /** Whose Envoys say so. The callee's word counts only where no caller has one. */
  readonly reporter: EdgeSums['reporter'];
  /** The first window with traffic begins, and the last one ends. The last may be under way: then this is later than now. */
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
};

export type ServiceMapQuery = {
  readonly stage: StageName;
  /** Windows that end after this count, as a whole: take a time at least one `EDGE_WINDOW_MS` ago. */
  readonly sinceEpochMs: number;
  /** Windows that begin before this count. Default: no end. */
  readonly untilEpochMs?: number;
};

/**
 * The service map of a stage: an edge for each pair of services between which anything was seen in that time, by source, then
 * destination. Rates are sums divided by the time that was asked for, `requests` by `(now - sinceEpochMs)`; quantiles come of
 * `latencyCounts` by `quantileOf`. Windows are kept for 24 h. Empty: nothing is known, which is not "nobody calls". Rejects when the
 * store is gone.
 */
export type ServiceMap = { serviceMap(query: ServiceMapQuery): Promise<readonly ServiceEdge[]> };
