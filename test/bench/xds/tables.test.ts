import { expect, test } from 'vitest';
import type { RunFigures } from '../../../bench/xds/one-run.ts';
import type { Row } from '../../../bench/xds/ratios.ts';
import { figuresTable, summaryOf, targetsTable } from '../../../bench/xds/tables.ts';

const figures = (fullMs: number, changeMs: number, residentMebibytes: number): RunFigures => ({
  fullMs,
  fullCpuSeconds: fullMs / 1_000,
  residentMebibytes,
  idleMebibytes: 20,
  fullBytes: 2_500_000,
  changeMs,
  changeCpuSeconds: changeMs / 1_000,
  changeBytes: 40_000,
  clientCpuSeconds: 1,
});
const WHOLE: Row = {
  case: { clusters: 1_000, streams: 100, protocol: 'sotw' },
  figures: new Map([
    ['snapshot', figures(1_200, 640, 320)],
    ['linear', figures(300, 57, 220)],
    ['ceiling', figures(80, 6.04, 25)],
    ['meshgate', figures(100, 20, 70)],
  ]),
};
const HALF: Row = {
  case: { clusters: 100, streams: 100, protocol: 'delta' },
  figures: new Map([['linear', figures(300, 57, 220)]]),
};
const cellsOf = (table: string): string[][] =>
  table.split('\n').map((line) => line.replaceAll(/^\| | \|$/g, '').split(' | '));

test('figures stand in one order, and a server that did not get through has none', () => {
  const [head = [], rule = [], whole, half] = cellsOf(figuresTable([WHOLE, HALF]));
  expect(rule).toHaveLength(head.length);
  expect(whole).toEqual([
    '1,000',
    '100',
    'sotw',
    '1,200 / 300 / 80 / 100',
    '1.20 / 0.30 / 0.08 / 0.10',
    '320 / 220 / 25 / 70',
    '3,072 / 2,048 / 51 / 512',
    '2.5 / 2.5 / 2.5 / 2.5',
    '640 / 57 / 6.0 / 20',
    '640 / 57 / 6.0 / 20',
    '40 / 40 / 40 / 40',
  ]);
  expect(half?.slice(0, 4)).toEqual(['100', '100', 'delta', '– / 300 / – / –']);
});

test('targets stand with their bounds, and what was missed says so', () => {
  const [head = [], rule = [], whole, half] = cellsOf(targetsTable([WHOLE, HALF]));
  expect(rule).toHaveLength(head.length);
  expect(head[3]).toBe('first config: snapshot ÷ Meshgate');
  expect(head.at(-1)).toBe('change: Meshgate ÷ ceiling');
  expect(whole).toEqual([
    '1,000',
    '100',
    'sotw',
    '12 (≥ 3)',
    '12 (≥ 3)',
    '32 (≥ 10)',
    '32 (≥ 10)',
    '6.0 (≥ 3)',
    '3.0 (≥ 2)',
    '2.9 (≥ 2)',
    '1.3 (≤ 3)',
    '3.4 **missed** (≤ 3)',
  ]);
  expect(half?.slice(3)).toEqual([
    '– (≥ 3)',
    '– (≥ 3)',
    '– (≥ 3)',
    '– (≥ 3)',
    '– (≥ 3)',
    '– (≥ 2)',
    '– (≥ 2)',
    '– (≤ 3)',
    '– (≤ 3)',
  ]);
  expect(summaryOf([WHOLE, HALF])).toBe('18 targets: 8 held, 1 missed, 9 not known');
});

test('a ratio just under its bound does not read as if it held', () => {
  const near: Row = {
    ...WHOLE,
    figures: new Map([...WHOLE.figures, ['snapshot', figures(299.9, 199.9, 320)], ['ceiling', figures(33.2, 7, 25)]]),
  };
  const cells = cellsOf(targetsTable([near]))[2] ?? [];
  expect([cells[3], cells[5], cells[10]]).toEqual([
    '2.9 **missed** (≥ 3)',
    '9.9 **missed** (≥ 10)',
    '3.1 **missed** (≤ 3)',
  ]);
});
