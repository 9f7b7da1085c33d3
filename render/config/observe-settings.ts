/** A question to a Prometheus server about the stage. */
export type PrometheusCheck = {
  readonly name: string;
  readonly url: string;
  readonly query: string;
  /** Every sample of the answer must hold. */
  readonly want: { readonly op: '<' | '<=' | '>' | '>=' | '=='; readonly value: number };
};

export type ObserveSettings = {
  /** How long the fleet is watched after it took the digest. Default 5 min. */
  readonly forMs: number;
  /** The share of connected Envoys that must ACK, from 0 to 1. Default 1. */
  readonly ackShare: number;
  /** How long they may take. Default 1 min. */
  readonly ackWithinMs: number;
  /** How long one sample of traffic is; Envoys must send their metrics at least so often (`stats_flush_interval`). Default 5 s. */
  readonly sampleMs: number;
  /** Fewer requests than this on either side: nobody can tell. Default 100. */
  readonly minRequests: number;
  /** One-sided significance of the tests "fails more often" and "is slower". Default 0.001. */
  readonly significance: number;
  /**
   * Smaller worsenings are not harm, however significant: failures as a share (default 0.005), the 99th percentile of latency as a factor
   * (default 1.25) and as what it grows by (default 0 ms); it must go over both.
   */
  readonly tolerance: {
    readonly failureShare: number;
    readonly latencyFactor: number;
    readonly latencyGrowthMs: number;
  };
  /** Whether a stage without traffic evidence may pass on its ACKs alone. Default false: then people decide. */
  readonly withoutTraffic: boolean;
  readonly prometheus: readonly PrometheusCheck[];
};
