import { expect, test } from 'vitest';
import type { ClientAnswer } from '../../../conformance/client/client-answer.ts';
import { timelineRecorder } from '../../../conformance/rehearsal/timeline-recorder.ts';

const answer = (cluster?: string): ClientAnswer => ({
  kind: 'answer',
  status: 200,
  headers: cluster === undefined ? {} : { 'x-meshgate-cluster': cluster },
  trailers: {},
  body: '',
  bodyBytes: 0,
  latencyMs: 1,
  protocol: 'http/1.1',
});

test('what happened to the traffic, in equal steps from the beginning', () => {
  const recorder = timelineRecorder(1_000);
  expect(recorder.read()).toBeUndefined();
  recorder.phase(1_000, 'before');
  recorder.panic(1_010, new Map([['cluster.a.lb_healthy_panic', 5]]));
  recorder.answered(1_001, answer('a'), false);
  recorder.answered(1_099, answer('__proto__'), false);
  recorder.phase(1_100, 'while the configuration changed');
  recorder.answered(1_250, answer(), true);
  recorder.answered(1_251, { kind: 'failed', reason: 'reset', message: '', latencyMs: 1 }, true, 'b');
  recorder.panic(
    1_300,
    new Map([
      ['cluster.a.lb_healthy_panic', 7],
      ['cluster.b.lb_healthy_panic', 1],
    ]),
  );
  expect(JSON.parse(JSON.stringify(recorder.read()))).toEqual({
    stepMs: 100,
    phases: [
      { atMs: 0, phase: 'before' },
      { atMs: 100, phase: 'while the configuration changed' },
    ],
    points: [
      { sent: 2, failed: 0, servedBy: JSON.parse('{"a":1,"__proto__":1}') },
      { sent: 0, failed: 0, servedBy: {} },
      { sent: 2, failed: 2, servedBy: { '': 1, b: 1 } },
    ],
    panic: [
      { atMs: 10, picks: 0 },
      { atMs: 300, picks: 3 },
    ],
  });
});

test('a long rehearsal has longer steps, not more', () => {
  const recorder = timelineRecorder(0);
  for (let atMs = 0; atMs < 60_000; atMs += 50) recorder.answered(atMs, answer('a'), false);
  const { stepMs, points } = recorder.read() ?? { stepMs: 0, points: [] };
  expect([stepMs, points.length]).toEqual([500, 120]);
  expect(points.reduce((sum, { sent }) => sum + sent, 0)).toBe(1_200);
});
