import { cpus } from 'node:os';
import { execa } from 'execa';

/** One run of a command with everything that it started. */
export type Measured = {
  readonly wallSeconds: number;
  /** User and system time of the process and of all its descendants that it waited for. */
  readonly cpuSeconds: number;
  /** What everything else on this machine computed meanwhile (containers too): a figure that was taken beside others says so. */
  readonly othersCpuSeconds: number;
  /** The largest single process. */
  readonly peakMebibytes: number;
  readonly exitCode: number;
  readonly stdout: string;
};

// The kernel only tells a parent what its children took, and Node does not pass that on; Python, which Meshgate needs anyway, does.
const WRAPPER = `
import json, resource, subprocess, sys, time
start = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({'wallSeconds': wall, 'cpuSeconds': used.ru_utime + used.ru_stime, 'peakMebibytes': used.ru_maxrss / 1024,
  'exitCode': done.returncode, 'stdout': done.stdout.decode('utf-8', 'replace')}))
`;

/** Runs a command once and says what it took. Rejects when it cannot be started. */
export async function measure(command: readonly string[]): Promise<Measured> {
  const before = busySeconds();
  const { stdout } = await execa('python3', ['-c', WRAPPER, ...command], { maxBuffer: 512 * 1024 * 1024 });
  const own = JSON.parse(stdout) as Omit<Measured, 'othersCpuSeconds'>;
  return { ...own, othersCpuSeconds: Math.max(0, busySeconds() - before - own.cpuSeconds) };
}

/** Of all cores since the machine started. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1_000, 0);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
