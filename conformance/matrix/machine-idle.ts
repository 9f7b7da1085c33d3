import { cpus } from 'node:os';

/** Says whether the machine has computing time to spare. */
export type IdleGauge = () => boolean;

/** A tenth of all cores' time: less than that is noise, and one more cell would only slow the others down. */
const SPARE_SHARE = 0.1;

const times = (): { readonly idle: number; readonly all: number } => {
  let idle = 0;
  let all = 0;
  for (const core of cpus()) {
    idle += core.times.idle;
    all += Object.values(core.times).reduce((sum, time) => sum + time, 0);
  }
  return { idle, all };
};

/** Whether a tenth of the machine was idle since the gauge was last read. */
export function machineIdle(): IdleGauge {
  let before = times();
  return () => {
    const now = times();
    const [idle, all] = [now.idle - before.idle, now.all - before.all];
    before = now;
    return all > 0 && idle / all >= SPARE_SHARE;
  };
}
