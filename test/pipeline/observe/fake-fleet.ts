import { LATENCY_BOUNDS_MS } from '../../../controlplane/fleet/traffic-sums.ts';
import type { ControlPlaneState, FleetNode, FleetView, TrafficSample } from '../../../pipeline/observe/fleet-view.ts';
import type { ObserveSettings } from '../../../render/config/observe-settings.ts';
import type { Digest, StageName } from '../../../render/ids.ts';

export const STAGE = 'canary' as StageName;
export const DIGEST = 'a'.repeat(64) as Digest;
export const BASE = 'b'.repeat(64) as Digest;
/** A time of push that is a multiple of 5 s. */
export const PUSH = 1_700_000_000_000;

export const SETTINGS: ObserveSettings = {
  forMs: 60_000,
  ackShare: 1,
  ackWithinMs: 20_000,
  sampleMs: 5_000,
  minRequests: 100,
  significance: 0.001,
  tolerance: { failureShare: 0.005, latencyFactor: 1.25, latencyGrowthMs: 0 },
  withoutTraffic: false,
  prometheus: [],
};

export const node = (nodeId: string, more: Partial<FleetNode> = {}): FleetNode => ({
  nodeId,
  envoyVersion: '1.40.0',
  servedDigest: DIGEST,
  state: 'applied',
  nacks: [],
  connectedSinceEpochMs: PUSH - 1_000_000,
  stateSinceEpochMs: PUSH + 1_000,
  seenEpochMs: PUSH,
  ...more,
});

export const controlPlane = (more: Partial<ControlPlaneState> = {}): ControlPlaneState => ({
  id: 'cp-1',
  servedDigest: DIGEST,
  problem: undefined,
  findings: [],
  stateSinceEpochMs: PUSH + 500,
  seenEpochMs: PUSH,
  ...more,
});

/** All requests take between 5 and 10 ms, but for `slow` of them, which take between 2 and 5 s. */
export const latencies = (requests: number, slow = 0): number[] =>
  [...LATENCY_BOUNDS_MS, Number.POSITIVE_INFINITY].map((bound) =>
    bound === 10 ? requests - slow : bound === 5_000 ? slow : 0,
  );

export const sample = (fromEpochMs: number, requests: number, failures = 0, slow = 0): TrafficSample => ({
  fromEpochMs,
  toEpochMs: fromEpochMs + 5_000,
  requests,
  failures,
  latencyCounts: latencies(requests, slow),
  panicPicks: 0,
  panicClusters: [],
});

/** One sample each 5 s, from `fromMs` to `toMs` after the push. */
export const samples = (fromMs: number, toMs: number, of: (fromEpochMs: number) => TrafficSample): TrafficSample[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / 5_000) }, (_, index) => of(PUSH + fromMs + index * 5_000));

export const fakeFleet = (parts: {
  readonly nodes?: readonly FleetNode[];
  readonly controlPlanes?: readonly ControlPlaneState[];
  readonly traffic?: readonly TrafficSample[];
}): FleetView => ({
  nodes: async () => parts.nodes ?? [node('edge-1'), node('edge-2')],
  controlPlanes: async () => parts.controlPlanes ?? [controlPlane()],
  traffic: async (_, from, to) =>
    (parts.traffic ?? []).filter(({ fromEpochMs, toEpochMs }) => fromEpochMs >= from && toEpochMs <= to),
});
