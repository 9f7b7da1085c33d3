import { describe, expect, test } from 'vitest';
import { gridMove } from '../../../../board/app/components/matrix/grid-move.ts';
import { rehearsalCharts } from '../../../../board/app/components/matrix/rehearsal-chart-data.ts';
import { demoRehearsal } from '../../fixture/demo-matrix.ts';

describe('a grid', () => {
  const size = { rows: 2, columns: 3 };
  test.each([
    ['ArrowRight', { row: 0, column: 1 }],
    ['ArrowDown', { row: 1, column: 0 }],
    ['End', { row: 0, column: 2 }],
    ['ArrowLeft', undefined],
    ['ArrowUp', undefined],
    ['a', undefined],
  ])('%s from the first cell', (key, to) => {
    expect(gridMove(key, { row: 0, column: 0 }, size)).toEqual(to);
  });
});

test('a rehearsal: per second whatever its step, failures in words, the smallest clusters as one line', () => {
  const timeline = demoRehearsal('rehearsal', 5, 5);
  const [requests, served, panic] = rehearsalCharts(timeline);
  expect(requests?.series[0]?.values[0]).toBe((timeline.points[0]?.sent ?? 0) * 2);
  expect(requests?.says).toMatch(/^\d+ of 9\d\d requests failed$/);
  expect(served?.series.map(({ name }) => name)).toEqual(['payments', 'payments-next']);
  expect(panic?.title).toBe('Panic counter');
  const many = {
    ...timeline,
    points: [{ sent: 21, failed: 0, servedBy: { a: 6, b: 5, c: 4, d: 3, e: 2, '': 1 } }],
  };
  expect(rehearsalCharts(many)[1]?.says).toBe('a 6, b 5, c 4, d 3, 2 other clusters 3');
});
