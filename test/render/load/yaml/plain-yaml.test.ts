import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlainYaml } from '../../../../render/load/yaml/plain-yaml.ts';
import { readAnyYaml } from '../../../../render/load/yaml/read-placed-yaml.ts';
import { sourceFile } from '../../../../render/source-location.ts';
import { dumpPlaces } from '../dump-places.ts';

/** Undefined where the plain reader leaves the text to the whole parser. */
function expectSame(text: string): boolean {
  const source = sourceFile('a.yaml', text);
  const plain = readPlainYaml(source, text);
  if (!plain) return false;
  const any = readAnyYaml(source, text);
  expect(any.findings).toEqual([]);
  expect(plain.documents.map(dumpPlaces)).toEqual(any.documents.map(dumpPlaces));
  const asEnvoyReads = ({ documents, readings }: typeof any | typeof plain): unknown =>
    documents.map((document) => dumpPlaces(readings.applyTo(document)));
  expect(asEnvoyReads(plain)).toEqual(asEnvoyReads(any));
  return true;
}

const CORPUS = join(import.meta.dirname, '../../../../../shared/corpus');

describe('readPlainYaml answers as the whole parser does, or not at all', () => {
  test.each([
    'a: 1\n',
    'a:\n- b\n- c: 1\n  d:\n  - e\nf: g\n',
    '- a: {b: [c, "d"], e: -1}\n  f: # comment\n    g: h # comment\n-\n  i: j\n-\n',
    "---\na: 'x # y'\n---\nb: http://x:80/y?z#w\nc: x#y\n",
    'a: null\nb: ~\nc:\nd: 1.5\ne: .5\nf: 1.\ng: 0o17\nh: yes\ni: True\n',
    '# c\n\n  # odd comment\na:\n\n  b: 1\n # odd\n  c: 2\n',
    '"@type": x\n\'b\': []\nc: {}\nd: [1, 2 ]\n',
    'a: 1',
    'a: b c d   \n',
  ])('reads %j', (text) => {
    expect(expectSame(text)).toBe(true);
  });

  test.each([
    'a: |\n  x\n',
    'a: &b 1\n',
    'a: "\\n"\n',
    'a: b\n  c\n',
    'a:\tb\n',
    'a: 1\na: 2\n',
    'a: [1,\n 2]\n',
    'x\n',
    'a: b: c\n',
    '...\n',
    'a: 1\n b: 2\n',
    '- a\nb: 1\n',
  ])('leaves %j', (text) => {
    expect(readPlainYaml(sourceFile('a.yaml', text), text)).toBeUndefined();
  });

  test('holds for texts put together from what YAML is made of', () => {
    const pieces = fc.constantFrom(
      'a',
      'b',
      'key',
      ': ',
      ':',
      '- ',
      '-',
      '\n',
      '\n  ',
      '\n    ',
      '\n- ',
      '\n  - ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      ',',
      '"',
      "'",
      ' #c',
      '#',
      '1',
      '0x1',
      'true',
      'null',
      '~',
      '---\n',
      ' ',
      '|',
      '&x',
      '*x',
      '.',
      'a: 1\n',
      'y',
      '1.50',
      'no',
      '010',
      'b:\n',
      '- c: d\n',
      '  e: f\n',
      '?',
      '!',
      '%',
      '@',
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        if (expectSame(parts.join(''))) read += 1;
      }),
      { numRuns: 6_000, seed: 11 },
    );
    // enough of them have to be read for this to say anything
    expect(read).toBeGreaterThan(300);
  });

  test.skipIf(!existsSync(CORPUS))(
    'holds for real configurations (skipped where the corpus is not beside the repository)',
    () => {
      const files = globSync('*/*/*.yaml', { cwd: CORPUS });
      const read = files.filter((file) => expectSame(readFileSync(join(CORPUS, file), 'utf8')));
      expect(read.length).toBeGreaterThan(files.length * 0.8);
    },
  );
});
