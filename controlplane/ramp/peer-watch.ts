import { hostKey } from '../discovery/discovered-host.ts';
import type { HealthEvidence } from './ramp-input.ts';
import type { PeerView, RampPeers } from './ramp-peers.ts';
import type { RampSettings } from './ramp-settings.ts';
import type { RampState } from './ramp-state.ts';

/** What the ramp of one cluster says to other control planes, and makes of what they say. */
export class PeerWatch implements Disposable {
  readonly #cluster: string;
  readonly #peers: RampPeers;
  readonly #leave: () => void;
  /** The last step that every Envoy of this control plane has taken. */
  #takenHere = 0;

  constructor(cluster: string, peers: RampPeers, changed: () => void) {
    this.#cluster = cluster;
    this.#peers = peers;
    this.#leave = peers.follow(cluster, changed);
  }

  takenHere(version: number): void {
    this.#takenHere = version;
  }

  /** By the Envoys of all control planes. */
  isTaken({ version }: RampState): boolean {
    return this.#takenHere === version && this.#views().every((view) => view.version === version && view.isTaken);
  }

  /** Others have made a step, or were given an order, of which nothing is known here. */
  knowsMore({ version, order }: RampState): boolean {
    return this.#views().some(
      (view) => view.version > version || (view.version === version && view.order !== order.kind),
    );
  }

  /** What the others see. Of one that has not taken the step yet it is not known what it sees of it; it is waited for as long as an Envoy. */
  evidence(state: RampState, { lagMs }: RampSettings, atMs: number): readonly HealthEvidence[] {
    const isWaitedFor = atMs - state.servedAtMs < lagMs;
    return this.#views().flatMap(({ version, isTaken, fleet, unhealthy }) => {
      const hosts = new Map(unhealthy.map((key) => [key, 'unhealthy'] as const));
      if (version === state.version && isTaken) return [{ hosts, fleet }];
      return isWaitedFor ? [{ hosts, fleet: UNHEARD }] : [];
    });
  }

  /** `own`: what is seen here, without the others. */
  tell(state: RampState, own: HealthEvidence): void {
    const known = [...state.admitted.values(), ...(state.wanted?.values() ?? [])].map(({ host }) => hostKey(host));
    this.#peers.tell(this.#cluster, {
      version: state.version,
      order: state.order.kind,
      isTaken: this.#takenHere === state.version || state.appliedAtMs !== undefined,
      fleet: own.fleet,
      unhealthy: [...new Set(known)].filter((key) => own.hosts.get(key) === 'unhealthy').sort(),
    });
  }

  [Symbol.dispose](): void {
    this.#leave();
    this.#peers.tell(this.#cluster, undefined);
  }

  #views(): readonly PeerView[] {
    return this.#peers.of(this.#cluster);
  }
}

/** As `FleetHealth` says it of Envoys that have not said what they see. */
const UNHEARD: HealthEvidence['fleet'] = {
  kind: 'seen',
  envoys: 0,
  lagging: 0,
  unheard: 1,
  unhealthyMost: 0,
  unhealthyLeast: 0,
  worst: '',
  oldestAtMs: Number.NEGATIVE_INFINITY,
};
