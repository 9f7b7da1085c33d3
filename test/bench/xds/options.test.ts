import { expect, test } from 'vitest';
import { parseXdsOptions } from '../../../bench/xds/options.ts';

test('without anything all parts run, with sizes of their own', () => {
  expect(parseXdsOptions([])).toEqual({
    parts: ['table', 'storm', 'hold'],
    clusters: undefined,
    streams: undefined,
    protocols: ['sotw', 'delta'],
    contestants: ['snapshot', 'linear', 'ceiling', 'meshgate'],
    rounds: 3,
    warm: 0,
    profileDir: undefined,
    record: false,
  });
});

test('a part of it, for a quick look', () => {
  const args =
    'table --clusters 100 --streams 10,20 --protocols delta --servers meshgate,ceiling --rounds 1 --warm 30 --profile p --record';
  expect(parseXdsOptions(args.split(' '))).toEqual({
    parts: ['table'],
    clusters: [100],
    streams: [10, 20],
    protocols: ['delta'],
    contestants: ['meshgate', 'ceiling'],
    rounds: 1,
    warm: 30,
    profileDir: 'p',
    record: true,
  });
});

test.each([
  [['tables'], 'part: "tables" is none of table, storm, hold'],
  [['--servers', 'mesh'], '--servers: "mesh" is none of snapshot, linear, ceiling, meshgate'],
  [['--protocols', 'rest'], '--protocols: "rest" is none of sotw, delta'],
  [['--warm', ''], '--warm: "" is no whole number from 0 to 20000'],
  [['--rounds', '0'], '--rounds: "0" is no whole number from 1 to 20000'],
  [['--streams', '100,'], '--streams: "" is no whole number from 1 to 20000'],
  [['--clusters', '1.5'], '--clusters: "1.5" is no whole number from 1 to 20000'],
  [['--cluster', '1'], "Unknown option '--cluster'"],
])('%j is refused', (args, words) => {
  expect(() => parseXdsOptions(args)).toThrow(words);
});
