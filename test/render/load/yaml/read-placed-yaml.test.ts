import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../render/json.ts';
import { readPlacedYaml } from '../../../../render/load/yaml/read-placed-yaml.ts';
import { keyLocation, locate, valueLocation } from '../../../../render/places.ts';

const read = (text: string) => readPlacedYaml('clusters/a.yaml', text);
const problems = (text: string) => read(text).findings.map(({ rule, at }) => `${at.line}:${at.column} ${rule}`);

describe('readPlacedYaml', () => {
  test.each([
    ['plain', '# c\n- name: a\n  type: EDS\n- name: b\n  hosts: [x, y]\n'],
    [
      'with a quoted escape, which only the whole parser takes',
      '# c\n- name: "\\x61"\n  type: EDS\n- name: b\n  hosts: [x, y]\n',
    ],
  ])('keeps the place of every key and value: %s', (_, text) => {
    const { documents, findings } = read(text);
    expect(findings).toEqual([]);
    expect(documents).toEqual([
      [
        { name: 'a', type: 'EDS' },
        { name: 'b', hosts: ['x', 'y'] },
      ],
    ]);
    const [list] = documents as [JsonObject[]];
    expect(locate(list, [0, 'type'])).toEqual({ file: 'clusters/a.yaml', line: 3, column: 9 });
    expect(keyLocation(list[1] as JsonObject, 'hosts')).toMatchObject({ line: 5, column: 3 });
    expect(locate(list, [1, 'hosts', 1])).toMatchObject({ line: 5, column: 14 });
    expect(valueLocation(list, 1)).toMatchObject({ line: 4, column: 3 });
  });

  test('several documents; empty ones are left out', () => {
    expect(read('---\nname: a\n---\n# none\n---\nname: b\n').documents).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(read('').documents).toEqual([]);
    expect(read('# only a comment\n').documents).toEqual([]);
  });

  test('anchors and merge keys: what is written wins, then the first merged', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 9\nd: *a\n';
    const { documents, findings } = read(text);
    expect(findings).toEqual([]);
    expect(documents[0]).toMatchObject({ c: { x: 9, y: 1, z: 2 }, d: { x: 1, y: 1 } });
    expect(keyLocation((documents[0] as { c: JsonObject }).c, 'z')).toMatchObject({ line: 2, column: 14 });
  });

  test('numbers keep their value: what a double cannot hold becomes text, as protobuf takes it', () => {
    const text = 'a: 18446744073709551615\nb: .inf\nc: -.inf\nd: .nan\ne: 0x1F\nf: 1e3\ng: 010\nh: +5\n';
    expect(read(text).documents).toEqual([
      { a: '18446744073709551615', b: 'Infinity', c: '-Infinity', d: 'NaN', e: 31, f: 1000, g: 10, h: 5 },
    ]);
  });

  test.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', ['3:1 duplicate-key']],
    ['two duplicate keys', 'a: 1\na: 2\nb: {c: 1, c: 2}\n', ['2:1 duplicate-key', '3:11 duplicate-key']],
    ['a tab', 'a:\n\tb: 1\n', ['2:1 yaml-syntax']],
    ['two syntax errors', 'a: [1, 2\nb: 1\n---\nc: "x\n', ['2:1 yaml-syntax', '5:1 yaml-syntax']],
    ['an alias of nothing', 'a: *b\n', ['1:4 unknown-anchor']],
    ['an alias within its own anchor', 'a: &a\n  b: *a\n', ['2:6 unknown-anchor']],
    ['a tag of another tool', 'a: !Ref b\n', ['1:4 unknown-tag']],
    ['a mapping as a key', '? {a: 1}\n: 2\n', ['1:3 unsupported-key']],
    ['the key __proto__', '__proto__: {a: 1}\n', ['1:1 unsupported-key']],
    ['a merge of a text', '<<: x\na: 1\n', ['1:5 bad-merge']],
  ])('%s is a finding with its place', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test('a tab says so', () => {
    expect(read('a:\n\tb: 1\n').findings[0]?.want).toMatch(/no tabs/);
  });

  test('an anchor bomb is refused where it goes off, at once and in little memory', () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 30; i += 1)
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    expect(problems(text)).toEqual(['6:20 too-many-nodes']);
  });

  test('a bomb of merges is refused too', () => {
    let text = `a0: &a0 {${Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join(', ')}}\n`;
    for (let i = 1; i < 2000; i += 1) text += `a${i}: {<<: *a0}\n`;
    expect(problems(text)).toHaveLength(1);
    expect(problems(text)[0]).toMatch(/too-many-nodes/);
  });

  test.each([
    ['flow', '['.repeat(100_000)],
    ['block', `${'- '.repeat(100_000)}x`],
    ['indented', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['explicit keys', '? '.repeat(50_000)],
  ])('nesting without end is refused: %s', (_, text) => {
    expect(read(text).findings.map(({ rule }) => rule)).toContain('too-deep');
  });

  test('a file with thousands of problems shows the first hundred, and says that there are more', () => {
    const text = Array.from({ length: 5_000 }, () => 'a: 1').join('\n');
    const { findings } = read(text);
    expect(findings.map(({ rule }) => rule)).toEqual([...Array(100).fill('duplicate-key'), 'too-many-faults']);
    expect(findings[0]?.at.line).toBe(2);
  });

  test('problems of every kind come in the order in which they stand', () => {
    expect(problems('a: *x\n---\nb: [1\n---\nc: !foo 1\nc: 2\n---\n"\n')).toEqual([
      '1:4 unknown-anchor',
      '4:1 yaml-syntax',
      '5:4 unknown-tag',
      '6:1 duplicate-key',
      '9:1 yaml-syntax',
    ]);
  });

  test('a long line of nothing but mistakes takes time in proportion to its length', () => {
    const time = (length: number): number => {
      const started = performance.now();
      expect(read(`[${','.repeat(length)}`).findings.map(({ rule }) => rule)).toEqual([
        'yaml-syntax',
        'too-many-faults',
      ]);
      return performance.now() - started;
    };
    time(5_000);
    // 16 times the length: 16 times as long, not 256 times
    expect(time(160_000)).toBeLessThan(80 * Math.max(20, time(10_000)));
  });
});
