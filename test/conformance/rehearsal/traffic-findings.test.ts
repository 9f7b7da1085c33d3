import { expect, test } from 'vitest';
import type { RequestCheck } from '../../../conformance/checks/check.ts';
import type { ClientAnswer } from '../../../conformance/client/client-answer.ts';
import type { TrafficReport } from '../../../conformance/client/traffic.ts';
import { trafficFindings } from '../../../conformance/rehearsal/traffic-findings.ts';
import type { PlannedRequest } from '../../../conformance/rehearsal/traffic-plan.ts';

const request = { listener: 'edge', method: 'GET', authority: 'web', path: '/' } as PlannedRequest['request'];
const planned: PlannedRequest = {
  name: 'a route',
  check: { at: { file: 'routes/web.yaml', line: 3, column: 1 } } as unknown as RequestCheck,
  request,
  before: {},
  after: { status: [{ from: 200, to: 399 }] },
};
const refused = { kind: 'answer', status: 503, body: '', latencyMs: 400 } as unknown as ClientAnswer;

test('a request that was sent before the change and failed after it failed while the configuration changed', () => {
  const report = {
    perRequest: [{ request, sent: 9, failed: 1, outcomes: {} }],
    failures: [{ atMs: 900, answeredAtMs: 1_300, request: 0, answer: refused }],
  } as unknown as TrafficReport;
  const phaseAt = (atMs: number): string => (atMs < 1_000 ? 'before the change' : 'while the configuration changed');
  const found = trafficFindings(report, [planned], phaseAt, { stage: 'beta', envoy: ['1.40.0'] });
  expect(found.map(({ finding: { saw, want } }) => ({ saw, want }))).toEqual([
    {
      saw: '1 of 9 requests failed (GET web/ on listener edge), first while the configuration changed: 503',
      want: '200-399 throughout the change',
    },
  ]);
});
