import { hostKey } from '../discovery/discovered-host.ts';
import { type Level, neededHealthy, type PanicRule } from './panic-rule.ts';
import type { AdmittedHost, WantedHost } from './ramp-state.ts';

/** One line of the ramp's log. */
export type RampEntry = {
  readonly atMs: number;
  /**
   * `entered` and `left`: a step; `regrouped`: one in which hosts change the subset that they are in. `withdrawn`: new hosts that failed were taken out. `confirmed`: new hosts count from now on.
   * `counted`: the same although Envoys see some of them unhealthy. `left-behind`: Envoys that did not take a step are waited for no
   * longer. `order`: an operator spoke. `arrived`: what is wanted is served.
   */
  readonly kind:
    | 'entered'
    | 'left'
    | 'regrouped'
    | 'withdrawn'
    | 'confirmed'
    | 'counted'
    | 'left-behind'
    | 'order'
    | 'arrived';
  /** `address:port`. */
  readonly hosts: readonly string[];
  readonly text: string;
};

/** Why the ramp is not where it should be. */
export type RampWait = {
  readonly kind:
    | 'held'
    /** Hosts of the last step are not seen healthy yet. */
    | 'on-trial'
    /** Not even one more host is safe. */
    | 'no-room'
    /** Hosts that are to go are needed until others are healthy. */
    | 'needed'
    /** Nobody says anything of the health of hosts that are served. */
    | 'no-evidence'
    | 'not-taken'
    | 'not-heard'
    | 'not-looked-at'
    | 'failed-before'
    | 'unhealthy'
    | 'maintenance'
    | 'just-gone'
    | 'last-hosts'
    | 'nothing-wanted'
    /** What is served could not be kept for the next control plane. */
    | 'not-kept';
  readonly hosts: readonly string[];
  readonly text: string;
};

const NAMED = 5;
/** `a, b and 3 more`. */
export const named = (hosts: readonly string[]): string =>
  hosts.length <= NAMED ? hosts.join(', ') : `${hosts.slice(0, NAMED).join(', ')} and ${hosts.length - NAMED} more`;

export const keysOf = (hosts: readonly (AdmittedHost | WantedHost)[]): string[] =>
  hosts.map(({ host }) => hostKey(host));

/** `priority 0: in the worst case 4 of 8 are healthy, 4 are needed at a threshold of 50 %`. */
export const levelWords = (levels: readonly Level[], priorities: readonly number[], rule: PanicRule): string =>
  levels
    .flatMap((level, at) => (level.total > 0 ? [{ ...level, priority: priorities[at] ?? 0 }] : []))
    .map(
      ({ priority, least, total }) =>
        `priority ${priority}: in the worst case ${least} of ${total} are healthy, ${neededHealthy(total, rule)} are needed at a threshold of ${rule.thresholdPercent} %`,
    )
    .join('; ') || 'no hosts';
