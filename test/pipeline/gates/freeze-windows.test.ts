import { describe, expect, test } from 'vitest';
import { freezeAt } from '../../../pipeline/gates/freeze-windows.ts';
import type { FreezeWindow } from '../../../render/config/mesh-config.ts';

const window = (start: string, hours: number, timeZone = 'UTC', from = '2024-01-01'): FreezeWindow => ({
  start,
  durationMs: hours * 3_600_000,
  timeZone,
  from,
  reason: `${start} ${timeZone}`,
});
/** What a calendar of paper says: until when it is frozen, or when it will be. */
const at = (windows: readonly FreezeWindow[], iso: string): string => {
  const freeze = freezeAt(windows, Date.parse(iso));
  if (freeze.kind === 'frozen') return `frozen until ${new Date(freeze.untilEpochMs).toISOString().slice(0, 16)}Z`;
  return freeze.nextEpochMs === undefined
    ? 'open for ever'
    : `open until ${new Date(freeze.nextEpochMs).toISOString().slice(0, 16)}Z`;
};

const FRIDAY = window('FREQ=WEEKLY;BYDAY=FR;BYHOUR=15', 66, 'Asia/Tokyo');
const NIGHT = window('0 22 * * *', 8);
const BERLIN_CRON = window('30 2 * * *', 1, 'Europe/Berlin');
const BERLIN_RULE = window('FREQ=DAILY;BYHOUR=2;BYMINUTE=30', 1, 'Europe/Berlin');
const LAST_WORKDAY = window('FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', 24);
const LEAP_DAY = window('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', 24, 'America/New_York');
const LEAP_CRON = window('0 0 29 2 *', 24);
const THREE = window('FREQ=DAILY;COUNT=3;BYHOUR=9', 2, 'UTC', '2026-12-01');
const EVERY_SECOND_WEEK = window('FREQ=WEEKLY;INTERVAL=2;BYDAY=TU', 24, 'UTC', '2026-12-01');
const UNTIL_DAY = window('FREQ=DAILY;BYHOUR=20;UNTIL=20261224', 1, 'America/New_York', '2026-12-22');
const UNTIL_WALL = window('FREQ=DAILY;BYHOUR=20;UNTIL=20261224T200000', 1, 'America/New_York', '2026-12-22');
// 2026-12-25T00:59:59Z is 19:59:59 on the 24th in New York
const UNTIL_UTC = window('FREQ=DAILY;BYHOUR=20;UNTIL=20261225T005959Z', 1, 'America/New_York', '2026-12-22');

describe('freezeAt', () => {
  test.each<[string, readonly FreezeWindow[], string, string]>([
    // Friday 15:00 in Tokyo is 06:00Z; 66 h later is Monday 09:00 there
    ['before a weekend', [FRIDAY], '2026-11-20T05:59:59Z', 'open until 2026-11-20T06:00Z'],
    ['its first instant', [FRIDAY], '2026-11-20T06:00:00Z', 'frozen until 2026-11-23T00:00Z'],
    ['over the week’s end', [FRIDAY], '2026-11-22T23:59:59Z', 'frozen until 2026-11-23T00:00Z'],
    ['its end is open', [FRIDAY], '2026-11-23T00:00:00Z', 'open until 2026-11-27T06:00Z'],

    ['past midnight', [NIGHT], '2026-11-22T03:00:00Z', 'frozen until 2026-11-22T06:00Z'],
    ['past a new year', [NIGHT], '2027-01-01T00:00:00Z', 'frozen until 2027-01-01T06:00Z'],

    // 2026-03-29 02:00 CET becomes 03:00 CEST: 02:30 never is, and 03:30 CEST (01:30Z) stands for it
    ['a start that clocks skip, by cron', [BERLIN_CRON], '2026-03-29T01:45:00Z', 'frozen until 2026-03-29T02:30Z'],
    ['a start that clocks skip, by rule', [BERLIN_RULE], '2026-03-29T01:45:00Z', 'frozen until 2026-03-29T02:30Z'],
    ['the day before it', [BERLIN_RULE], '2026-03-28T02:00:00Z', 'frozen until 2026-03-28T02:30Z'],
    ['the day after it', [BERLIN_RULE], '2026-03-30T00:29:00Z', 'open until 2026-03-30T00:30Z'],
    ['told before it', [BERLIN_CRON], '2026-03-29T00:30:00Z', 'open until 2026-03-29T01:30Z'],
    // 2026-10-25 03:00 CEST becomes 02:00 CET: 02:30 is at 00:30Z and at 01:30Z; the first counts
    ['a start that clocks show twice', [BERLIN_CRON], '2026-10-25T00:30:00Z', 'frozen until 2026-10-25T01:30Z'],
    ['an hour that clocks show twice', [BERLIN_RULE], '2026-10-25T01:10:00Z', 'frozen until 2026-10-25T01:30Z'],
    ['not the second time', [BERLIN_RULE], '2026-10-25T01:45:00Z', 'open until 2026-10-26T01:30Z'],
    ['not the second time, by cron', [BERLIN_CRON], '2026-10-25T01:45:00Z', 'open until 2026-10-26T01:30Z'],

    // November 2026 ends on a Monday; October’s last workday is Friday the 30th
    ['the last workday', [LAST_WORKDAY], '2026-10-30T12:00:00Z', 'frozen until 2026-10-31T00:00Z'],
    ['after the last workday', [LAST_WORKDAY], '2026-10-31T00:00:00Z', 'open until 2026-11-30T00:00Z'],

    ['a leap day, in EST', [LEAP_DAY], '2028-02-29T05:00:00Z', 'frozen until 2028-03-01T05:00Z'],
    ['no leap day', [LEAP_DAY], '2027-02-28T12:00:00Z', 'open until 2028-02-29T05:00Z'],
    ['no leap day, by cron', [LEAP_CRON], '2027-03-01T00:00:00Z', 'open until 2028-02-29T00:00Z'],
    // 2100 is none
    ['a century', [LEAP_CRON], '2097-01-01T00:00:00Z', 'open until 2104-02-29T00:00Z'],

    ['the first of three', [THREE], '2026-12-01T09:30:00Z', 'frozen until 2026-12-01T11:00Z'],
    ['the third of three', [THREE], '2026-12-03T09:30:00Z', 'frozen until 2026-12-03T11:00Z'],
    ['no fourth', [THREE], '2026-12-04T09:30:00Z', 'open for ever'],
    ['every second week', [EVERY_SECOND_WEEK], '2026-12-08T12:00:00Z', 'open until 2026-12-15T00:00Z'],

    ['until a day, all of it', [UNTIL_DAY], '2026-12-25T01:30:00Z', 'frozen until 2026-12-25T02:00Z'],
    ['after that day', [UNTIL_DAY], '2026-12-25T02:00:00Z', 'open for ever'],
    ['until a time of the wall clock', [UNTIL_WALL], '2026-12-25T01:30:00Z', 'frozen until 2026-12-25T02:00Z'],
    ['until an instant', [UNTIL_UTC], '2026-12-24T01:30:00Z', 'frozen until 2026-12-24T02:00Z'],
    ['after that instant', [UNTIL_UTC], '2026-12-24T02:00:00Z', 'open for ever'],

    [
      'windows that overlap',
      [window('0 8 * * *', 4), window('0 10 * * *', 4)],
      '2026-11-22T09:00:00Z',
      'frozen until 2026-11-22T14:00Z',
    ],
    [
      'windows that adjoin',
      [window('0 8 * * *', 2), window('0 10 * * *', 2)],
      '2026-11-22T09:00:00Z',
      'frozen until 2026-11-22T12:00Z',
    ],
    [
      'windows with a minute between',
      [window('0 8 * * *', 2), window('1 10 * * *', 2)],
      '2026-11-22T09:00:00Z',
      'frozen until 2026-11-22T10:00Z',
    ],
    [
      'longer than its own interval',
      [window('0 0 * * *', 36)],
      '2026-11-22T09:00:00Z',
      'frozen until 2027-11-23T12:00Z',
    ],
    ['no windows', [], '2026-11-22T09:00:00Z', 'open for ever'],
  ])('%s', (_what, windows, iso, wanted) => {
    expect(at(windows, iso)).toBe(wanted);
  });

  test('names the reasons of what is open now, once each', () => {
    const freeze = freezeAt([FRIDAY, FRIDAY, NIGHT], Date.parse('2026-11-21T00:00:00Z'));
    expect(freeze).toMatchObject({ kind: 'frozen', reasons: [FRIDAY.reason, NIGHT.reason] });
  });

  test('a start that can never come is no open gate', () => {
    expect(() => freezeAt([window('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 1)], 0)).toThrow();
  });
});
