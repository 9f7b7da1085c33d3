import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../pipeline/audit/canonical-json.ts';

test.each([
  [{ b: 1, a: [true, null, 'x'], c: undefined }, '{"a":[true,null,"x"],"b":1}'],
  [{ '\u{1f600}': 1, '\ufb33': 2, é: 3 }, '{"é":3,"\u{1f600}":1,"\ufb33":2}'],
  ['a\0\ud800"', '"a\\u0000\\ud800\\""'],
  [1e21, '1e+21'],
])('%j is %s', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test.each([[NaN], [[undefined]], [1n], [() => 1], [new Map()]])('%s is no JSON', (value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});

test('it says the same of the same value in any order of members, and reads back as that value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});

const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([name, member]) => [name, reversed(member)]),
        )
      : value;
