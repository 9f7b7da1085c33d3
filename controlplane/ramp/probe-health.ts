import { type DiscoveredHost, hostKey } from '../discovery/discovered-host.ts';
import type { FollowedHealth, HealthSource } from './health-source.ts';
import { askHost, type ProbeSpec } from './probe.ts';
import type { RampClock } from './ramp-clock.ts';
import { NO_EVIDENCE, type SeenHealth } from './ramp-input.ts';

type Probed = {
  host: DiscoveredHost;
  seen: SeenHealth;
  /** Answers in a row that speak against `seen`. */
  against: number;
  cancel: (() => void) | undefined;
};

export type ProbeOptions = {
  readonly spec: ProbeSpec;
  readonly clock: RampClock;
  /** Hosts that are asked at the same time. Default 32. */
  readonly concurrency?: number;
  /** For tests: asks a host in another way. */
  readonly ask?: (spec: ProbeSpec, host: DiscoveredHost) => Promise<boolean>;
};

/** The control plane asks every host itself, as the cluster's health check does: before it enters, and for as long as it is there. */
export const probeHealth = ({ spec, clock, concurrency = 32, ask = askHost }: ProbeOptions): HealthSource => ({
  name: 'probe',
  follow(changed): FollowedHealth {
    const hosts = new Map<string, Probed>();
    const waiting: Probed[] = [];
    let asking = 0;
    const start = (): void => {
      while (asking < concurrency) {
        const next = waiting.shift();
        if (!next) return;
        if (hosts.get(hostKey(next.host)) !== next) continue;
        asking++;
        void ask(spec, next.host)
          .catch(() => false)
          .then((healthy) => {
            asking--;
            if (hosts.get(hostKey(next.host)) === next) {
              if (take(next, healthy, spec)) changed();
              next.cancel = clock.after(spec.intervalMs, () => queue(next));
            }
            start();
          });
      }
    };
    const queue = (one: Probed): void => {
      one.cancel = undefined;
      waiting.push(one);
      start();
    };
    return {
      look({ served, candidates }) {
        const wanted = new Map([...candidates, ...served].map((host) => [hostKey(host), host]));
        for (const [key, one] of hosts) {
          if (wanted.has(key)) continue;
          one.cancel?.();
          hosts.delete(key);
        }
        for (const [key, host] of wanted) {
          const known = hosts.get(key);
          if (known) {
            known.host = host;
            continue;
          }
          const one: Probed = { host, seen: 'unseen', against: 0, cancel: undefined };
          hosts.set(key, one);
          queue(one);
        }
      },
      seen: () => ({ ...NO_EVIDENCE, hosts: new Map([...hosts].map(([key, { seen }]) => [key, seen])) }),
      [Symbol.dispose]() {
        for (const { cancel } of hosts.values()) cancel?.();
        hosts.clear();
        waiting.length = 0;
      },
    };
  },
});

/** True if the host is seen otherwise than before. */
function take(one: Probed, healthy: boolean, spec: ProbeSpec): boolean {
  const said: SeenHealth = healthy ? 'healthy' : 'unhealthy';
  if (one.seen === said) {
    one.against = 0;
    return false;
  }
  one.against++;
  const threshold = healthy ? spec.healthyThreshold : spec.unhealthyThreshold;
  if (one.seen !== 'unseen' && one.against < threshold) return false;
  one.seen = said;
  one.against = 0;
  return true;
}
