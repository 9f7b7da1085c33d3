import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { regexMatcher } from '../../../conformance/matching/regex-match.ts';
import { samplesOf } from '../../../conformance/matching/regex-sample.ts';
import { RegexSyntaxError } from '../../../conformance/matching/regex-syntax.ts';

describe('a regex of Envoy takes whole texts', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['/foo/[0-9]+', ['/foo/1', '/foo/12'], ['/foo/', '/foo/1x', 'x/foo/1', '/foo']],
    ['^/a(b|cd)?$', ['/a', '/ab', '/acd'], ['/ac', '/abcd']],
    ['(?i)/Foo', ['/foo', '/FOO'], ['/fo']],
    ['(?i:a)b', ['Ab', 'ab'], ['AB']],
    ['(?P<year>\\d{4})-\\d{2,3}', ['2024-01', '2024-123'], ['2024-1', '24-01', '2024-1234']],
    ['[[:alpha:]_]+', ['a_B'], ['a1']],
    ['[^/]+', ['a-b', 'é'], ['a/b', '']],
    ['[]a-]+', [']', 'a-'], ['b']],
    ['\\Qa.b\\E+', ['a.b'], ['aab']],
    ['a{2}{2}', ['aaaa'], ['aa']],
    ['x{,3}', ['x{,3}'], ['xx']],
    ['.', ['x'], ['\n', '']],
    ['(?s).', ['\n'], []],
    ['\\bword\\b', ['word'], ['words']],
    ['\\x41\\x{42}', ['AB'], ['ab']],
    ['', [''], ['a']],
    ['a||b', ['a', '', 'b'], ['ab']],
  ];
  test.each(table)('%s', (pattern, yes, no) => {
    const { matches } = regexMatcher(pattern);
    expect(yes.filter((text) => !matches(text))).toEqual([]);
    expect(no.filter((text) => matches(text))).toEqual([]);
  });

  test('a pattern that ruins backtracking is judged at once', () => {
    const { matches } = regexMatcher('(a+)+(a|aa)*b');
    expect(matches('a'.repeat(5_000))).toBe(false);
  });

  test.each([
    '(',
    'a)',
    '[a',
    '*a',
    'a{5,2}',
    'a{2000}',
    '\\p{Greek}',
    '(?=a)',
    '\\',
    '(?m)^a',
    '((((a{999}){999}){999}){999})',
  ])('%s is refused', (pattern) => {
    expect(() => regexMatcher(pattern)).toThrow(RegexSyntaxError);
  });

  test('it agrees with JavaScript on what both know', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '(?:a|bc)', '(b)');
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}')).map(([of, times]) => of + times);
    const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (source, value) => {
        expect(regexMatcher(source).matches(value)).toBe(new RegExp(`^(?:${source})$`).test(value));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('samples', () => {
  test.each([
    '/v[12]/(?:items|things)(/.*)?',
    '/[a-z]{3,}/\\d+',
    '.*',
    '(?i)/Foo-[[:xdigit:]]{8}',
    '\\w+@\\w+\\.test',
    '[^a-z0-9]+',
  ])('of %s match it and differ', (pattern) => {
    const samples = samplesOf(pattern);
    expect(samples.length).toBeGreaterThan(1);
    expect(new Set(samples).size).toBe(samples.length);
    const source = pattern.replace('(?i)', '').replace('[:xdigit:]', '0-9A-Fa-f');
    const same = new RegExp(`^(?:${source})$`, pattern.startsWith('(?i)') ? 'i' : '');
    expect(samples.filter((sample) => !same.test(sample))).toEqual([]);
  });

  test('are the same each time', () => {
    expect(samplesOf('/[a-z]+/.*')).toEqual(samplesOf('/[a-z]+/.*'));
  });

  test('there are none of what nothing can match', () => {
    expect(samplesOf('a$b')).toEqual([]);
  });
});
