import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';
import type { FreezeWindow } from './mesh-config.ts';
import { instantOf, wallClockMs } from './wall-clock.ts';

/** When a freeze window opens. Both answer undefined where there is no such start. */
export type FreezeStarts = {
  /** The newest start at that instant or before. */
  readonly lastAt: (epochMs: number) => number | undefined;
  /** The first start after that instant. */
  readonly nextAfter: (epochMs: number) => number | undefined;
};

/** Throws where no start can ever come. */
export function freezeStarts(window: Pick<FreezeWindow, 'start' | 'timeZone' | 'from'>): FreezeStarts {
  return onWallClock(
    window.start.includes('=') ? recurrence(window.start, window) : cron(window.start),
    window.timeZone,
  );
}

/**
 * Starts are counted on the wall clock, as if it were UTC, and only then become instants. A start that clocks skip when they are put
 * forward is moved and not left out, as a calendar would: a freeze that falls away once a year is none. A start that clocks show twice
 * counts the first time.
 */
function onWallClock(starts: FreezeStarts, timeZone: string): FreezeStarts {
  const real = (wall: number | undefined): number | undefined =>
    wall === undefined ? undefined : instantOf(wall, timeZone);
  return {
    lastAt(epochMs) {
      // Where clocks are put back, a start on the later wall clock may lie before an instant on an earlier one.
      let wall = starts.lastAt(wallClockMs(epochMs, timeZone) + shiftNear(epochMs, timeZone));
      while (wall !== undefined && instantOf(wall, timeZone) > epochMs) wall = starts.lastAt(wall - 1);
      return real(wall);
    },
    nextAfter(epochMs) {
      let wall = starts.nextAfter(wallClockMs(epochMs, timeZone) - shiftNear(epochMs, timeZone));
      while (wall !== undefined && instantOf(wall, timeZone) <= epochMs) wall = starts.nextAfter(wall);
      return real(wall);
    },
  };
}

const DAY_MS = 86_400_000;
/** By how much clocks are put forward or back around that time; mostly 0. */
function shiftNear(epochMs: number, timeZone: string): number {
  const offset = (at: number): number => wallClockMs(at, timeZone) - at;
  return Math.abs(offset(epochMs + DAY_MS) - offset(epochMs - DAY_MS));
}

function cron(pattern: string): FreezeStarts {
  const job = new Cron(pattern, { timezone: 'UTC', paused: true });
  return {
    // croner counts in whole seconds, and its "previous" leaves out the second itself
    lastAt: (wall) => job.previousRuns(1, new Date(Math.floor(wall / 1_000) * 1_000 + 1_000))[0]?.getTime(),
    nextAfter: (wall) => job.nextRun(new Date(wall))?.getTime(),
  };
}

function recurrence(rule: string, { from, timeZone }: Pick<FreezeWindow, 'from' | 'timeZone'>): FreezeStarts {
  const days = from.replaceAll('-', '');
  const parsed = new RRuleTemporal({
    rruleString: `DTSTART;TZID=UTC:${days}T000000\nRRULE:${onWall(rule, timeZone)}`,
  });
  return {
    lastAt: (wall) => parsed.previous(new Date(wall), true)?.epochMilliseconds,
    nextAfter: (wall) => parsed.next(new Date(wall), false)?.epochMilliseconds,
  };
}

/** `UNTIL` on the wall clock: a day is all of that day, and an instant (`…Z`) is what clocks show then. */
function onWall(rule: string, timeZone: string): string {
  return rule.replace(/UNTIL=(\d{8})(?:T(\d{6})(Z?))?/, (_all, day: string, time?: string, zulu?: string) => {
    if (time === undefined) return `UNTIL=${day}T235959Z`;
    if (zulu !== 'Z') return `UNTIL=${day}T${time}Z`;
    const iso = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`;
    const wall = new Date(wallClockMs(Date.parse(iso), timeZone)).toISOString();
    return `UNTIL=${wall.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  });
}
