import { expect, test } from 'vitest';
import type { Case, RunFigures } from '../../../bench/xds/one-run.ts';
import type { Contestant, Protocol } from '../../../bench/xds/peers.ts';
import { judge, kibibytesPerStream, medianOf, type Row, TARGETS, type Target } from '../../../bench/xds/ratios.ts';

const ONE: RunFigures = {
  fullMs: 100,
  fullCpuSeconds: 1,
  residentMebibytes: 120,
  idleMebibytes: 20,
  fullBytes: 1_000,
  changeMs: 10,
  changeCpuSeconds: 0.1,
  changeBytes: 100,
  clientCpuSeconds: 1,
};
const caseOf = (protocol: Protocol): Case => ({ clusters: 100, streams: 100, protocol });
const row = (protocol: Protocol, figures: Readonly<Partial<Record<Contestant, Partial<RunFigures>>>>): Row => ({
  case: caseOf(protocol),
  figures: new Map(Object.entries(figures).map(([whose, its]) => [whose as Contestant, { ...ONE, ...its }])),
});
const target = (what: string, against: Target['against']): Target => {
  const found = TARGETS.find((one) => one.what === what && one.against === against);
  if (!found) throw new Error(`no target ${what} against ${against}`);
  return found;
};

test('a median is taken of each figure by itself', () => {
  const runs = [
    { ...ONE, fullMs: 1, changeMs: 30 },
    { ...ONE, fullMs: 2, changeMs: 10 },
    { ...ONE, fullMs: 9, changeMs: 20 },
  ];
  expect(medianOf(runs)).toEqual({ ...ONE, fullMs: 2, changeMs: 20 });
  expect(medianOf(runs.slice(0, 2))?.fullMs).toBe(1.5);
  expect(medianOf([])).toBeUndefined();
});

test('memory per stream is what grew, and never below nothing', () => {
  expect(kibibytesPerStream({ residentMebibytes: 120, idleMebibytes: 20 }, 100)).toBe(1024);
  expect(kibibytesPerStream({ residentMebibytes: 19, idleMebibytes: 20 }, 100)).toBe(0);
});

test.each([
  ['first config', 'snapshot', { fullMs: 300 }, {}, 'held', 3],
  ['first config', 'snapshot', { fullMs: 299 }, {}, 'missed', 2.99],
  ['first config, CPU', 'snapshot', { fullCpuSeconds: 3 }, {}, 'held', 3],
  ['change', 'snapshot', { changeMs: 100 }, {}, 'held', 10],
  ['change', 'snapshot', { changeMs: 99 }, {}, 'missed', 9.9],
  ['change, CPU', 'snapshot', { changeCpuSeconds: 2 }, { changeCpuSeconds: 0.2 }, 'held', 10],
  ['memory per stream', 'snapshot', { residentMebibytes: 320 }, {}, 'held', 3],
  ['memory per stream', 'snapshot', { residentMebibytes: 319, idleMebibytes: 219 }, {}, 'missed', 1],
] as const)('sotw, %s against %s: %o to %o is %s', (what, against, theirs, ours, kind, ratio) => {
  const judged = judge(target(what, against), row('sotw', { snapshot: theirs, meshgate: ours }));
  expect(judged).toMatchObject({ kind, ratio: expect.closeTo(ratio, 9) });
});

test('the delta protocol asks for less of a change', () => {
  const change = target('change', 'snapshot');
  const figures = { snapshot: { changeMs: 30 }, meshgate: {} };
  expect(judge(change, row('delta', figures))).toEqual({ kind: 'held', ratio: 3, bound: 3 });
  expect(judge(change, row('sotw', figures))).toEqual({ kind: 'missed', ratio: 3, bound: 10 });
});

test('the faster cache is the one that is faster in that figure', () => {
  const figures = { snapshot: { fullMs: 500, changeMs: 20 }, linear: { fullMs: 200, changeMs: 40 }, meshgate: {} };
  expect(judge(target('first config', 'faster cache'), row('sotw', figures))).toMatchObject({ ratio: 2, kind: 'held' });
  expect(judge(target('change', 'faster cache'), row('sotw', figures))).toMatchObject({ ratio: 2, kind: 'held' });
  const slow = { ...figures, linear: { fullMs: 199, changeMs: 40 } };
  expect(judge(target('first config', 'faster cache'), row('sotw', slow)).kind).toBe('missed');
});

test('the ceiling is a bound from the other side', () => {
  const first = target('first config', 'ceiling');
  expect(judge(first, row('sotw', { ceiling: {}, meshgate: { fullMs: 300 } }))).toMatchObject({
    kind: 'held',
    ratio: 3,
  });
  expect(judge(first, row('sotw', { ceiling: {}, meshgate: { fullMs: 301 } })).kind).toBe('missed');
});

test('what was not measured, or too small to be measured, is neither held nor missed', () => {
  const unknown = { kind: 'unknown', bound: 3 };
  const first = target('first config, CPU', 'snapshot');
  expect(judge(first, row('sotw', { snapshot: {} }))).toEqual(unknown);
  expect(judge(first, row('sotw', { meshgate: {} }))).toEqual(unknown);
  expect(judge(first, row('sotw', { snapshot: { fullCpuSeconds: 0 }, meshgate: {} }))).toEqual(unknown);
  expect(judge(first, row('sotw', { snapshot: {}, meshgate: { fullCpuSeconds: 0 } }))).toEqual(unknown);
  const faster = target('first config', 'faster cache');
  expect(judge(faster, row('sotw', { linear: { fullMs: 900 }, meshgate: {} })).kind).toBe('unknown');
});
