import type { FleetSeen } from './ramp-input.ts';
import type { RampOrder } from './ramp-state.ts';

/** What one control plane says of the ramp of one cluster to the others of its stage. */
export type PeerView = {
  /** The step that it serves. */
  readonly version: number;
  readonly order: RampOrder['kind'];
  /** Every Envoy that is connected to it has taken that step, or is waited for no longer. */
  readonly isTaken: boolean;
  readonly fleet: FleetSeen;
  /** `address:port` of the hosts that it sees unhealthy by itself. */
  readonly unhealthy: readonly string[];
};

/** The other control planes of a stage that share its records of ramps. */
export type RampPeers = {
  /** What this control plane says from now on; undefined: it does not serve the cluster any more. */
  tell(cluster: string, view: PeerView | undefined): void;
  /** What those that are alive said last. Who says nothing of the cluster serves nobody with it. */
  of(cluster: string): readonly PeerView[];
  /** Calls `changed` when others said something of it, until the returned function is called. */
  follow(cluster: string, changed: () => void): () => void;
};

/** For a control plane that shares its records with nobody. */
export const NO_PEERS: RampPeers = { tell: () => {}, of: () => [], follow: () => () => {} };
