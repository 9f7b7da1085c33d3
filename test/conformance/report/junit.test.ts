import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { junitXml } from '../../../conformance/report/junit.ts';
import { cell, failedCell, finding, inconclusiveCell, matrix } from './sample-result.ts';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  isArray: (name) => name === 'testsuite' || name === 'testcase',
});
type Case = { name: string; failure?: unknown; error?: unknown; skipped?: unknown };
type Suite = { name: string; tests: string; failures: string; errors: string; skipped: string; testcase: Case[] };
const suitesOf = (xml: string): Suite[] => {
  expect(XMLValidator.validate(xml)).toBe(true);
  return (parser.parse(xml) as { testsuites: { testsuite: Suite[] } }).testsuites.testsuite;
};

test('there is a suite for each cell, and one for what was found before', () => {
  const suites = suitesOf(junitXml(matrix([cell('beta', '1.36.4'), cell('beta', '1.40.0')])));
  expect(suites.map(({ name }) => name)).toEqual(['static guards', 'beta@1.36.4', 'beta@1.40.0']);
  expect(suites.map(({ failures, errors }) => failures + errors)).toEqual(['00', '00', '00']);
});

test('a rejection is a failure, what could not be judged an error, and a skip says why', () => {
  const [, failed, open] = suitesOf(
    junitXml(matrix([failedCell('beta', '1.36.4', [finding()]), inconclusiveCell('beta', '1.40.0')])),
  );
  expect(failed).toMatchObject({ failures: '3', errors: '0', skipped: '1' });
  expect(failed?.testcase.find(({ name }) => name === 'check not for this version')?.skipped).toMatchObject({
    message: 'for Envoy >=1.38 only',
  });
  expect(open).toMatchObject({ failures: '0', errors: '2' });
});

test('counts are those of the cases', () => {
  for (const suite of suitesOf(junitXml(matrix([failedCell('beta', '1.36.4', [finding()])], [finding()])))) {
    expect(Number(suite.tests)).toBe(suite.testcase.length);
    expect(Number(suite.failures)).toBe(suite.testcase.filter(({ failure }) => failure !== undefined).length);
  }
});

test('whatever Envoy said, the file is well-formed', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(']]>', '<!--', '&amp;', '\u0000\u001b[31m', '\ud800', '\uffff', '"\'<>&\r\n\t'),
  );
  fc.assert(
    fc.property(nasty, nasty, (saw, want) => {
      const xml = junitXml(
        matrix([failedCell('beta', '1.36.4', [finding({ saw, want })])], [finding({ saw: want, want: saw })]),
      );
      expect(XMLValidator.validate(xml)).toBe(true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold these
      expect(xml).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/);
      expect(xml.isWellFormed()).toBe(true);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test('secrets stay out', () => {
  expect(junitXml(matrix([], [finding({ saw: 'authorization: Bearer hush' })]))).not.toContain('hush');
});
