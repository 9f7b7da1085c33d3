import { expect, test } from 'vitest';
import { re2Fault } from '../../../conformance/guards/re2-syntax.ts';

// What RE2 itself takes and refuses, as its wiki and its own tests have it.
const TAKES = [
  '.*',
  '/api/v[0-9]+/.*',
  '(?i)abc',
  '(?P<name>a+)',
  '(?<name>a+)',
  '(?i:a)b',
  '(?s-m)a',
  '[[:alpha:]]+',
  '[]a]',
  '[^]a]',
  '[*+?(]',
  '\\pN\\p{Greek}\\P{^Latin}',
  '\\x{10FFFF}',
  '\\Qa*(\\E',
  'a*?b+?c??',
  'a{2}{',
  '^*a',
  '(a|)b',
  '\\d\\w\\s\\b\\A\\z\\C',
  '\\.\\*\\(\\)',
  '{a}',
  'a{,3}',
];
const REFUSES: Readonly<Record<string, string>> = {
  '*a': 'no argument for repetition operator: *',
  '(+)': 'no argument for repetition operator: +',
  'a|*': 'no argument for repetition operator: *',
  'a**': 'bad repetition operator: **',
  '(a': 'missing )',
  'a)': 'unexpected )',
  '[a': 'missing ]',
  'a\\': 'trailing \\ at end of expression',
  '(?=a)': 'no look-around',
  '(?!a)': 'no look-around',
  '(?<=a)b': 'no look-around',
  '(a)\\1': 'no back-references',
};
test.each(TAKES)('%s is taken', (pattern) => {
  expect(re2Fault(pattern)).toBeUndefined();
});
test.each(Object.entries(REFUSES))('%s: %s', (pattern, fault) => {
  expect(re2Fault(pattern)).toContain(fault);
});
