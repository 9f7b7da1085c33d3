import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import type { ProbeSpec } from '../../../controlplane/ramp/probe.ts';
import { probeHealth } from '../../../controlplane/ramp/probe-health.ts';
import { type ClusterRamp, rampCluster } from '../../../controlplane/ramp/ramp-cluster.ts';
import type { RampMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { DEFAULT_RAMP } from '../../../controlplane/ramp/ramp-settings.ts';
import type { RampEntry } from '../../../controlplane/ramp/ramp-words.ts';
import { ManualClock } from './manual-clock.ts';

const SPEC: ProbeSpec = {
  check: { kind: 'tcp', send: Buffer.alloc(0), receive: [] },
  timeoutMs: 1_000,
  intervalMs: 2_000,
  healthyThreshold: 1,
  unhealthyThreshold: 2,
  port: undefined,
};

export const host = (n: number, more: Partial<DiscoveredHost> = {}): DiscoveredHost => ({
  address: `10.0.0.${n}`,
  port: 80,
  health: 'unknown',
  weight: 1,
  metadata: {},
  ...more,
});
export const hosts = (from: number, to: number, more: Partial<DiscoveredHost> = {}): DiscoveredHost[] =>
  Array.from({ length: to - from + 1 }, (_, at) => host(from + at, more));
export const wanted = (list: readonly DiscoveredHost[]) => new Map([[0, list]]);
export const sizeOf = (ramp: ClusterRamp): number => ramp.served?.hosts.get(0)?.length ?? 0;

/** Ramps of the cluster `app` whose hosts are probed: those of `sick` fail. */
export function probedRamps() {
  const clock = new ManualClock();
  const sick = new Set<string>();
  const entries: RampEntry[] = [];
  const asked: string[] = [];
  const open = (memory: RampMemory) =>
    rampCluster({
      cluster: 'app',
      settings: DEFAULT_RAMP,
      clock,
      memory,
      health: [
        probeHealth({
          spec: SPEC,
          clock,
          ask: async (_, { address }) => {
            asked.push(address);
            return !sick.has(address);
          },
        }),
      ],
      assumeAppliedMs: 500,
      onEntry: (entry) => void entries.push(entry),
    });
  return { clock, sick, entries, asked, open };
}
