import { expect, test } from 'vitest';
import { NOT_YET } from '../../../controlplane/discovery/discovery-findings.ts';
import { discoveryNews } from '../../../controlplane/discovery/discovery-news.ts';
import type { Finding } from '../../../render/finding.ts';

const finding = (rule: string, saw: string): Finding => ({
  rule,
  saw,
  want: 'w',
  severity: 'warning',
  at: { file: 'f', line: 1, column: 1 },
});
const stale = finding('discovery-stale', 'consul a fails');
const other = finding('discovery-stale', 'consul b fails');
const silent = finding('discovery-unanswered', `dns c ${NOT_YET}`);

const told = (before: readonly Finding[], now: readonly Finding[]) =>
  discoveryNews(before, now).map(({ line }) => line);

test('each finding is said once, and its end; that a source has not answered yet is no news', () => {
  expect(told([], [silent])).toEqual([]);
  expect(told([silent], [stale])).toEqual(['discovery-stale: saw consul a fails; want w']);
  expect(told([stale], [stale])).toEqual([]);
  expect(told([stale], [stale, other])).toEqual(['discovery-stale: saw consul b fails; want w']);
  expect(told([stale, other], [other])).toEqual([]);
  expect(told([other], [])).toEqual(['discovery-stale is over']);
  expect(told([silent], [])).toEqual([]);
});
