import { expect, test } from 'vitest';
import { SUMMARY_LIMIT_BYTES, summaryMarkdown } from '../../../conformance/report/summary.ts';
import { cell, failedCell, finding, inconclusiveCell, matrix } from './sample-result.ts';

test('the matrix stands first, in words and signs', () => {
  const text = summaryMarkdown(
    matrix([cell('beta', '1.36.4'), failedCell('beta', '1.40.0', [finding()]), inconclusiveCell('canary', '1.36.4')]),
  );
  expect(text).toContain('## ❌ Mesh config: fail');
  expect(text).toContain('| stage | digest | Envoy 1.36.4 | Envoy 1.40.0 |');
  expect(text).toContain('| **beta** | `abababababab` | ✅ pass | ❌ fail |');
  expect(text).toContain('| **canary** | `abababababab` | ❔ inconclusive | – |');
});

test('a failure has rule, place, saw, want and the command that repeats just it', () => {
  const text = summaryMarkdown(
    matrix([failedCell('canary', '1.38.3', [finding({ rule: 'check-status', saw: '503', want: '200' })])]),
  );
  expect(text).toContain('`check-status` at `routes/edge.yaml:12:7`');
  expect(text).toContain('- saw `503`\n- want `200`');
  expect(text).toContain("./mesh verify --stage canary --envoy 1.38.3 --check 'it'\\''s a check'");
});

test('what twenty cells saw is said once, with their names', () => {
  const cells = ['1.36.4', '1.37.0', '1.38.3'].map((version) => failedCell('beta', version, [finding()]));
  const text = summaryMarkdown(matrix(cells));
  expect(text.match(/`unknown-cluster` at/g)).toHaveLength(1);
  expect(text).toContain('3 cells: beta@1.36.4, beta@1.37.0, beta@1.38.3');
});

test('an inconclusive cell never reads as a pass or a fail', () => {
  const text = summaryMarkdown(matrix([inconclusiveCell('beta', '1.36.4')]));
  expect(text).toContain('inconclusive (nobody could tell)');
  expect(text).toContain('port 15006 is taken');
  expect(text).toContain('was run a second time: `the engine went away`');
  expect(text).not.toMatch(/✅|❌/);
});

test('what strangers wrote cannot break out of its place', () => {
  const saw = '`a` ``b`` | c\n# headline <script> @everyone ![x](http://x)';
  const text = summaryMarkdown(matrix([], [finding({ saw })]));
  const line = text.split('\n').find((candidate) => candidate.startsWith('- saw'));
  expect(line).toBe('- saw ``` `a` ``b`` | c # headline <script> @everyone ![x](http://x) ```');
});

test('ten thousand findings still fit into a comment, and it says what is missing', () => {
  const findings = Array.from({ length: 10_000 }, (_, line) =>
    finding({ at: { file: 'routes/edge.yaml', line, column: 1 }, saw: '試'.repeat(2_000) }),
  );
  const text = summaryMarkdown(matrix([cell('beta', '1.36.4')], findings));
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SUMMARY_LIMIT_BYTES);
  expect(text).toMatch(/\d+ sections more did not fit here; `report.json` has everything\.\n$/);
});

test('a matrix too wide for a comment keeps its verdict', () => {
  const cells = Array.from({ length: 4_000 }, (_, index) => cell(`stage-${index}`, '1.36.4'));
  const text = summaryMarkdown(matrix(cells));
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SUMMARY_LIMIT_BYTES);
  expect(text).toContain('4000 of 4000 cells pass');
});

test('a pass that came from the cache says so', () => {
  expect(summaryMarkdown(matrix([cell('beta', '1.36.4', { cached: true })]))).toContain('✅ pass (cached)');
});
