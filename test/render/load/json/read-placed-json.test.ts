import { describe, expect, test } from 'vitest';
import { readPlacedJson } from '../../../../render/load/json/read-placed-json.ts';
import { locate } from '../../../../render/places.ts';
import { sourceFile } from '../../../../render/source-location.ts';

const read = (text: string) => readPlacedJson(sourceFile('a.json', text), text);

describe('readPlacedJson', () => {
  test('reads JSON with places', () => {
    const { documents, findings } = read(
      '{\n  "a": [1, {"b": "\\u0041\\n"}],\n  "c": 18446744073709551615, "d": -1.5e3, "e": null\n}\n',
    );
    expect(findings).toEqual([]);
    expect(documents).toEqual([{ a: [1, { b: 'A\n' }], c: '18446744073709551615', d: -1500, e: null }]);
    expect(locate(documents[0] ?? null, ['a', 1, 'b'])).toEqual({ file: 'a.json', line: 2, column: 18 });
  });

  test.each([
    ['', '1:1 json-syntax'],
    ['{"a": 1,}', '1:9 json-syntax'],
    ['[1 2]', '1:4 json-syntax'],
    ["{'a': 1}", '1:2 json-syntax'],
    ['{"a": 1} x', '1:10 json-syntax'],
    ['{"a": 01}', '1:8 json-syntax'],
    ['{"a": "x\ny"}', '1:9 json-syntax'],
    ['{"a": "\\x"}', '1:7 json-syntax'],
    ['{"a": "x', '1:7 json-syntax'],
    ['// no\n{}', '1:1 json-syntax'],
    ['{"a": 1,\n "a": 2}', '2:2 duplicate-key'],
    ['{"__proto__": 1}', '1:2 unsupported-key'],
    ['['.repeat(100_000), '1:201 too-deep'],
  ])('refuses %.20j', (text, expected) => {
    expect(read(text).findings.map(({ rule, at }) => `${at.line}:${at.column} ${rule}`)).toEqual([expected]);
  });

  test('agrees with JSON.parse', () => {
    const value = { a: [true, false, null, 0, -0.5, 1e-7, '', 'é\u2028"\\'], b: {}, c: [] };
    for (const indent of [0, 2]) expect(read(JSON.stringify(value, null, indent)).documents).toEqual([value]);
  });
});
