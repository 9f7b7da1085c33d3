import { type FollowedHealth, type HealthSource, leastHealthy } from './health-source.ts';
import type { HealthEvidence } from './ramp-input.ts';
import type { RampState } from './ramp-state.ts';

/** All who can say something of the health of one cluster's hosts. */
export class HealthWatch implements Disposable {
  readonly #changed: () => void;
  #followed: readonly FollowedHealth[] = [];

  constructor(sources: readonly HealthSource[], changed: () => void) {
    this.#changed = changed;
    this.follow(sources);
  }

  /** These from now on, and no others. */
  follow(sources: readonly HealthSource[]): void {
    this[Symbol.dispose]();
    this.#followed = sources.map((source) => source.follow(this.#changed));
  }

  /** At what is served, and what may be. */
  look({ admitted, wanted }: RampState): void {
    const candidates = [...(wanted?.values() ?? [])].map(({ host }) => host);
    const served = [...admitted.values()].map(({ host }) => host);
    const hosts = { served, candidates: candidates.filter(({ health }) => health !== 'maintenance') };
    for (const followed of this.#followed) followed.look(hosts);
  }

  seen(atMs: number): HealthEvidence {
    return leastHealthy(this.#followed.map((followed) => followed.seen(atMs)));
  }

  [Symbol.dispose](): void {
    for (const followed of this.#followed) followed[Symbol.dispose]();
    this.#followed = [];
  }
}
