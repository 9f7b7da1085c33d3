import { describe, expect, test } from 'vitest';
import { worstWithin } from '../../../conformance/cell/starvation.ts';
import type { ClientAnswer } from '../../../conformance/client/client-answer.ts';
import { leastStrain } from '../../../conformance/rehearsal/request-strain.ts';
import type { Finding } from '../../../render/finding.ts';

const finding = { rule: 'rehearsal-request-failed', saw: '2 of 9 requests failed' } as Finding;
const answered = (status: number, latencyMs: number, grpcStatus?: number): ClientAnswer =>
  ({ kind: 'answer', status, latencyMs, grpcStatus }) as ClientAnswer;
type Failure = readonly [atMs: number, answer: ClientAnswer];
const failed = (...answers: readonly Failure[]) => ({
  finding,
  failures: answers.map(([atMs, answer]) => ({ atMs, answeredAtMs: atMs, request: 0, answer })),
});

/** Got no core from 2,000 to 2,800, and one at once before and after. */
const samples = [1_000, 2_000, 2_800, 3_000, 4_000, 5_000].map((atMs) => ({
  atMs,
  ownMs: atMs < 2_800 ? 0 : 800,
  threadsMs: [0],
}));
const envoy = {
  starved: (from: number, to: number, span: number) => worstWithin(samples, from, to, span),
};

describe('what a failed request had to bear', () => {
  test.each<[string, Failure, number]>([
    ['while it waited itself', [1_990, answered(503, 1_000)], 800],
    ['before it was sent, where Envoy ends all that wait for one connection', [3_050, answered(503, 5)], 800],
    ['the same of a call', [3_050, answered(200, 5, 14)], 800],
    [
      'within its limit, where nothing came',
      [1_990, { kind: 'failed', reason: 'reset', message: '' } as ClientAnswer],
      800,
    ],
    ['not what another had to bear a moment before, where it was answered for itself', [3_050, answered(404, 5)], 0],
    ['nor what was over long ago', [4_200, answered(503, 100)], 0],
  ])('%s', (_, failure, waitedMs) => {
    expect(leastStrain(failed(failure), [envoy], 1_000)).toMatchObject({ of: finding.saw, limitMs: 1_000, waitedMs });
  });

  test('the one that bore least speaks for all of its kind', () => {
    const both = failed([1_990, answered(503, 1_000)], [4_200, answered(503, 100)]);
    expect(leastStrain(both, [envoy], 1_000).waitedMs).toBe(0);
  });

  test('where no Envoy is left to ask, nothing is explained', () => {
    expect(leastStrain(failed([1_990, answered(503, 1_000)]), [], 1_000).waitedMs).toBe(0);
  });
});
