import { expect, test } from 'vitest';
import { cronProblem } from '../../../render/config/cron.ts';
import { parseDurationMs } from '../../../render/config/duration.ts';
import { recurrenceProblem } from '../../../render/config/recurrence-rule.ts';

test.each([
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['1.5s', 1_500],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['', undefined],
  ['30', undefined],
  ['m', undefined],
  ['-1m', undefined],
  ['1h ', undefined],
  ['1y', undefined],
  ['400d', undefined],
  [`${'9'.repeat(30)}d`, undefined],
])('duration %j', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(['* * * * *', '0 17 * * FRI', '*/5 0-6,18-23 1,15 JAN-MAR 0-7', '0 0 31 12 sun'])(
  'cron %j is taken',
  (text) => {
    expect(cronProblem(text)).toBeUndefined();
  },
);
test.each([
  '',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '*/0 * * * *',
  '5-1 * * * *',
  'a * * * *',
  '* * * * FRIDAY',
  '1, * * * *',
  '-1 * * * *',
])('cron %j is refused', (text) => {
  expect(cronProblem(text)).toMatch(/cron/);
});

test.each([
  'FREQ=WEEKLY;BYDAY=FR;BYHOUR=17',
  'FREQ=MONTHLY;BYDAY=-1FR',
  'FREQ=YEARLY;UNTIL=20261224T170000Z;INTERVAL=2',
  'FREQ=DAILY;COUNT=3;WKST=SU;BYSETPOS=-1',
])('recurrence %j is taken', (text) => {
  expect(recurrenceProblem(text)).toBeUndefined();
});
test.each([
  '',
  'BYDAY=FR',
  'FREQ=NEVER',
  'FREQ=DAILY;FREQ=DAILY',
  'FREQ=DAILY;BYHOUR=24',
  'FREQ=DAILY;BYDAY=XX',
  'FREQ=DAILY;COUNT=0',
  'FREQ=DAILY;UNTIL=tomorrow',
  'FREQ=DAILY;COUNT=1;UNTIL=20261224',
  'FREQ=DAILY;X=1',
  'FREQ=DAILY;',
  'FREQ',
  'FREQ=DAILY;BYMONTHDAY=0',
  'FREQ=DAILY;toString=1',
])('recurrence %j is refused', (text) => {
  expect(recurrenceProblem(text)).toBeTypeOf('string');
});
