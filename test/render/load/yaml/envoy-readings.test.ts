import { describe, expect, test } from 'vitest';
import { readAnyYaml, readYamlSource } from '../../../../render/load/yaml/read-placed-yaml.ts';
import { locate } from '../../../../render/places.ts';
import { sourceFile } from '../../../../render/source-location.ts';
import { ENVOY_SCALARS } from './envoy-scalars.ts';

const READERS = { 'the reader in use': readYamlSource, 'the whole parser': readAnyYaml };

describe.each(Object.entries(READERS))('scalars as Envoy reads them: %s', (_, read) => {
  const envoysOf = (text: string): unknown => {
    const { documents, readings, findings } = read(sourceFile('a.yaml', text), text);
    expect(findings).toEqual([]);
    return readings.applyTo(documents[0] ?? null);
  };

  test.each(ENVOY_SCALARS)('%j is %j', (written, expected) => {
    expect(envoysOf(`a: ${written}\n`)).toEqual({ a: expected });
    if (written !== '' && !written.includes('\n')) {
      expect(envoysOf(`a:\n- [${written}]\n- {b: ${written}}\n`)).toEqual({ a: [[expected], { b: expected }] });
    }
  });

  test('keys are text as they are written', () => {
    expect(envoysOf('{y: 1, 5: 1, 0x1F: 1, 5.50: 1, true: 1}')).toEqual({ y: 1, 5: 1, '0x1F': 1, '5.50': 1, true: 1 });
  });

  test('aliases and merges carry the reading of what they stand for', () => {
    const text = 'a: &a {x: y, z: &z 1.50}\nb: {<<: *a, w: on}\nc: *a\nd: [*z]\n';
    const a = { x: true, z: '1.50' };
    expect(envoysOf(text)).toEqual({ a, b: { ...a, w: true }, c: a, d: ['1.50'] });
  });

  test('the document itself stays as YAML 1.2 has it, and what differs keeps its place', () => {
    const text = 'a:\n  x: on\n  y: 1.50\nb: {c: 1}\n';
    const { documents, readings } = read(sourceFile('a.yaml', text), text);
    const [document = null] = documents;
    const envoys = readings.applyTo(document);
    expect(document).toEqual({ a: { x: 'on', y: 1.5 }, b: { c: 1 } });
    expect(envoys).toEqual({ a: { x: true, y: '1.50' }, b: { c: 1 } });
    expect(locate(envoys, ['a', 'y'])).toEqual({ file: 'a.yaml', line: 3, column: 6 });
    expect((envoys as { b: object }).b).toBe((document as { b: object }).b);
  });
});

test('an anchor bomb is not written out by its readings', () => {
  const rows = ['a0: &a0 [on, on, on, on, on, on, on, on, on, on]'];
  for (let i = 1; i < 5; i += 1)
    rows.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const text = rows.join('\n');
  const { documents, readings, findings } = readYamlSource(sourceFile('a.yaml', text), text);
  expect(findings).toEqual([]);
  const { a3, a4 } = readings.applyTo(documents[0] ?? null) as { a3: unknown; a4: unknown[] };
  expect(new Set(a4)).toEqual(new Set([a3]));
  expect(new Set(a4).size).toBe(1);
});
