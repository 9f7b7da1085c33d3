import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { preflightQueries } from '../../../pipeline/observe/judge-queries.ts';
import { askPrometheus } from '../../../pipeline/observe/prometheus.ts';
import { NO_PROMETHEUS, startPrometheus } from '../../real/prometheus.ts';
import { STAGE } from './fake-fleet.ts';

const signal = new AbortController().signal;
const now = () => Date.now();
const check = (url: string, query: string) => ({ name: query, url, query, want: { op: '==', value: 1 } }) as const;

test.skipIf(NO_PROMETHEUS)('a real Prometheus: each kind of answer is what it is taken for', async () => {
  await using prometheus = await startPrometheus();
  const ask = (query: string) => askPrometheus(check(prometheus.url, query), now(), signal);
  const up = await pollUntil('the first scrape', 60_000, signal, async () => {
    const answer = await ask('up{job="self"}');
    return answer.kind === 'nothing' ? undefined : answer;
  });
  expect(up).toEqual({ kind: 'holds', samples: 1 });
  expect(await ask('up * 3')).toMatchObject({
    kind: 'violated',
    samples: [expect.stringMatching(/job="self".* is 3$/)],
  });
  expect(await ask('1')).toEqual({ kind: 'holds', samples: 1 });
  expect(await ask('upp')).toEqual({ kind: 'nothing', problem: 'no series matches' });
  expect(await ask('up - up > 7')).toMatchObject({ kind: 'nothing' });
  expect(await ask('(up - up) / (up - up)')).toMatchObject({
    kind: 'nothing',
    problem: expect.stringMatching(/no number/),
  });
  expect(await ask('sum(rate(')).toMatchObject({ kind: 'invalid', problem: expect.stringMatching(/parse error/) });
  expect(await ask('up[5m]')).toMatchObject({ kind: 'invalid' });
  expect((await askPrometheus(check(prometheus.url, 'up'), now() - 3_600_000, signal)).kind).toBe('nothing');

  const checks = ['up', 'upp', 'sum('].map((query) => check(prometheus.url, query));
  const findings = await preflightQueries({ stage: STAGE, checks, ask: askPrometheus, signal }, now());
  expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
    ['query-matches-nothing', 'error'],
    ['query-invalid', 'error'],
  ]);
  const { url } = prometheus;
  await prometheus[Symbol.asyncDispose]();
  expect((await askPrometheus(check(url, 'up'), now(), signal)).kind).toBe('unanswered');
});
