import { cpus } from 'node:os';

/** Says whether the machine has computing time to spare. */
export type IdleGauge = () => boolean;

/** A tenth of all cores' time: less than that is noise, and one more cell would only slow the others down. */
const SPARE_SHARE = 0.1;

/** The kernel counts in hundredths of a second: a shorter look says nothing. */
const SHORTEST_LOOK_MS = 100;

const times = (): { readonly idle: number; readonly all: number } => {
  let idle = 0;
  let all = 0;
  for (const core of cpus()) {
    idle += core.times.idle;
    all += Object.values(core.times).reduce((sum, time) => sum + time, 0);
  }
  return { idle, all };
};

/** The share of all cores' time, from 0 to 1, that nobody used since this was called; 1 as long as no time has passed. */
function idleShareFromNow(): () => number {
  const before = times();
  return () => {
    const now = times();
    return now.all > before.all ? (now.idle - before.idle) / (now.all - before.all) : 1;
  };
}

/** Whether a tenth of the machine was idle since the gauge was last read. */
export function machineIdle(): IdleGauge {
  let share = idleShareFromNow();
  let lastRead = performance.now();
  return () => {
    const passedMs = performance.now() - lastRead;
    if (passedMs < SHORTEST_LOOK_MS) return false;
    const isIdle = share() >= SPARE_SHARE;
    share = idleShareFromNow();
    lastRead = performance.now();
    return isIdle;
  };
}
