import type { Finding } from '../../render/finding.ts';
import type { Digest } from '../../render/ids.ts';
import type { EdgeSums } from '../telemetry/edge-sums.ts';
import type { TrafficSums } from './traffic-sums.ts';

/** One Envoy, as this control plane knows it. */
export type ReportedNode = {
  readonly nodeId: string;
  readonly envoyVersion: string;
  /** The snapshot that it is served. */
  readonly servedDigest: Digest;
  /** `applied`: it ACKed every type of `servedDigest` that it asked for, and has had the time to ask for more. */
  readonly state: 'applied' | 'pending' | 'refused' | 'gone';
  /** For `refused`: Envoy's own words per type. */
  readonly nacks: readonly {
    readonly typeUrl: string;
    readonly resourceNames: readonly string[];
    readonly errorDetail: string;
  }[];
  readonly connectedSinceEpochMs: number;
  /** When the state became what it is. */
  readonly stateSinceEpochMs: number;
  readonly seenEpochMs: number;
};

/** What one control plane has to say of itself and its nodes; everything that changed since the last report. */
export type FleetReport = {
  readonly id: string;
  readonly stage: string;
  readonly servedDigest: Digest | undefined;
  readonly problem: string | undefined;
  readonly stateSinceEpochMs: number;
  readonly atEpochMs: number;
  readonly nodes: readonly ReportedNode[];
  /** Nodes that went away so long ago that nobody asks for them any more. */
  readonly forgotten: readonly string[];
  readonly traffic: readonly TrafficSums[];
  /** Of the service map: windows that grew, each as a whole. Default: none did. */
  readonly edges?: readonly EdgeSums[];
  /** All that people should look at in the services and hosts that it finds, as of now. Default: nothing. */
  readonly findings?: readonly Finding[];
};

/** Where reports go. A report that rejects is made again, with what came since. */
export type ReportSink = (report: FleetReport) => Promise<void>;
