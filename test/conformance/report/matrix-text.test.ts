import { expect, test } from 'vitest';
import { exitCodeOf, matrixVerdict } from '../../../conformance/report/matrix-result.ts';
import { matrixText } from '../../../conformance/report/matrix-text.ts';
import { cell, failedCell, finding, inconclusiveCell, matrix } from './sample-result.ts';

const ESCAPE = '\u001b';

test('the matrix, the failures and the closing line', () => {
  const text = matrixText(
    matrix([cell('beta', '1.36.4', { cached: true }), failedCell('beta', '1.40.0', [finding()])]),
    false,
  );
  expect(text).toBe(`      Envoy 1.36.4   Envoy 1.40.0
beta  ✔ pass cached  ✘ fail 2.3 s

✘ unknown-cluster  routes/edge.yaml:12:7
    in    check it's a check
    in    beta@1.40.0
    saw   catalogue
    want  one of catalog, cart
    again ./mesh verify --stage beta --envoy 1.40.0 --check 'it'\\''s a check'

✘ fail: 1 of 2 cells pass, 1 fail, 1 from the verdict cache, 1 finding, 18.2 s
`);
});

test('without colour there is no escape sequence, and what Envoy said cannot bring one in', () => {
  const nasty = `${ESCAPE}]0;owned\u0007${ESCAPE}[2J`;
  const text = matrixText(
    matrix([failedCell('beta', '1.40.0', [finding({ saw: nasty, want: nasty, rule: 'x' })])]),
    false,
  );
  expect(text).not.toContain(ESCAPE);
  expect(matrixText(matrix([], [finding({ saw: nasty })]), true)).not.toContain(`${ESCAPE}[2J`);
});

test('an inconclusive cell says what could not be told and how to ask again', () => {
  const text = matrixText(matrix([inconclusiveCell('beta', '1.36.4')]), false);
  expect(text).toContain(
    '? beta@1.36.4: inconclusive\n    port 15006 is taken; free it and run again\n    again ./mesh verify --stage beta --envoy 1.36.4',
  );
  expect(text).toContain('beta@1.36.4 was run a second time: the engine went away');
  expect(text).toMatch(/\n\? inconclusive: 0 of 1 cells pass, 1 inconclusive, 18\.2 s\n$/);
});

test('a static finding names the command that validates its stage', () => {
  const text = matrixText(matrix([], [finding({ stage: 'canary', envoy: ['1.36.4', '1.37.0'] })]), false);
  expect(text).toContain('in    canary; Envoy 1.36.4, 1.37.0');
  expect(text).toContain('again ./mesh validate --stage canary --envoy 1.36.4');
});

test.each([
  [[], ['pass', 'pass'], 'pass', 0],
  [[], ['pass', 'fail', 'inconclusive'], 'fail', 1],
  [[], ['pass', 'inconclusive'], 'inconclusive', 2],
  [[], [], 'inconclusive', 2],
  [[finding()], ['pass'], 'fail', 1],
  [[finding({ severity: 'warning' })], ['pass'], 'pass', 0],
] as const)('findings %j and cells %j: %s, exit %i', (findings, verdicts, verdict, code) => {
  const found = matrixVerdict(
    findings,
    verdicts.map((each) => ({ verdict: each })),
  );
  expect(found).toBe(verdict);
  expect(exitCodeOf(found)).toBe(code);
});
