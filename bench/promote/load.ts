import { cpus, loadavg } from 'node:os';

/** What else the machine did while something was measured: a figure that was taken beside others says so. */
export function watchLoad(): () => string {
  const before = { at: performance.now(), busy: busySeconds() };
  const [loadBefore = 0] = loadavg();
  return () => {
    const seconds = (performance.now() - before.at) / 1_000;
    const share = (100 * (busySeconds() - before.busy)) / (seconds * cpus().length);
    const [load = 0] = loadavg();
    return `load average ${loadBefore.toFixed(1)} before, ${load.toFixed(1)} after; ${share.toFixed(0)} % of ${cpus().length} cores busy (this benchmark included)`;
  };
}

/** Of all cores since the machine started. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1_000, 0);

/** The value that `share` of the values do not exceed (nearest rank). NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
