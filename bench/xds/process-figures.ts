import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of a process with all that descend from it. */
export type ProcessFigures = {
  /** User and system time; the kernel counts it in hundredths. */
  readonly cpuSeconds: number;
  /** Resident now; pages that processes share are counted for each. */
  readonly residentMebibytes: number;
  /** The largest resident size so far. */
  readonly peakMebibytes: number;
};

const TICKS_PER_SECOND = 100;

/** From `/proc`, so on Linux only. Zeros for a process that is gone. */
export function figuresOf(pid: number): ProcessFigures {
  let figures = { cpuSeconds: 0, residentMebibytes: 0, peakMebibytes: 0 };
  for (const one of treeOf(pid)) {
    const stat = read(`/proc/${one}/stat`);
    // The name before the last bracket may hold anything; user and system time are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = read(`/proc/${one}/status`);
    const mebibytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
    figures = {
      cpuSeconds: figures.cpuSeconds + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND,
      residentMebibytes: figures.residentMebibytes + mebibytes('VmRSS'),
      peakMebibytes: figures.peakMebibytes + mebibytes('VmHWM'),
    };
  }
  return figures;
}

/** Resolves with the figures when the process has not computed for a moment, or after `atMostMs`. */
export async function figuresAtRest(pid: number, atMostMs: number): Promise<ProcessFigures> {
  const endsAt = performance.now() + atMostMs;
  let before = figuresOf(pid);
  for (let quiet = 0; quiet < 2 && performance.now() < endsAt; ) {
    await sleep(30);
    const now = figuresOf(pid);
    quiet = now.cpuSeconds === before.cpuSeconds ? quiet + 1 : 0;
    before = now;
  }
  return before;
}

function treeOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => treeOf(Number(child))))];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
