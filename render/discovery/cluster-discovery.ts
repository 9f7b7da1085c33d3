/**
 * Where the hosts of a cluster come from: `discovery:` beside the fields of an EDS cluster. Part of the snapshot, so that what is promoted
 * is the rule by which hosts are found; the hosts themselves are the control plane's. Plain JSON, as it is delivered.
 */
export type ClusterDiscovery = {
  /** At least one. Those of one priority are merged; Envoy takes the next priority where the hosts of one are not enough. */
  readonly sources: readonly DiscoverySource[];
  /** How long the last good answer of a source that fails is served on. Default 1 h. */
  readonly maxStaleMs: number;
  /**
   * An answer with less than this share of the most hosts that a source gave within `floorHoldMs` is not believed at once: the rest is kept
   * until it was given for so long. Default 50.
   */
  readonly floorPercent: number;
  /** Default 5 min. */
  readonly floorHoldMs: number;
};

export type DiscoverySource = {
  /** Envoy's: 0 is taken first. */
  readonly priority: number;
  /** Of all hosts of this source that say none of their own. */
  readonly locality?: Locality;
} & DiscoverySourceKind;

/** How to reach a Consul, a Kubernetes or a name server is for whoever runs the control plane; what to ask it stands here. */
export type DiscoverySourceKind =
  | {
      readonly kind: 'consul';
      readonly service: string;
      /** A host needs all of them. */
      readonly tags: readonly string[];
      readonly datacenter?: string;
    }
  /** Hosts that registered themselves with the control planes of the stage. */
  | { readonly kind: 'registry'; readonly service: string }
  | { readonly kind: 'dns'; readonly name: string; readonly record: 'A' | 'AAAA'; readonly port: number }
  | { readonly kind: 'dns'; readonly name: string; readonly record: 'SRV' }
  | {
      readonly kind: 'kubernetes';
      readonly namespace: string;
      readonly service: string;
      /** Its name or its number in the EndpointSlices; default: the only one. */
      readonly port?: string;
    }
  /** A file on the machine of the control plane, read again when it changes. */
  | { readonly kind: 'file'; readonly path: string };

/** `envoy.config.core.v3.Locality`. */
export type Locality = { readonly region: string; readonly zone: string; readonly subZone: string };
