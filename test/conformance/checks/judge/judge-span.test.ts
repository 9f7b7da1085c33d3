import { expect, test } from 'vitest';
import { judgeSpan } from '../../../../conformance/checks/judge/judge-span.ts';
import type { ReceivedSpan } from '../../../../conformance/upstream/otlp-spans.ts';
import { answerOf, checkOf, PLACE, receivedBy } from './exchanges.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TOLD = `00-${TRACE}-00f067aa0ba902b7-01`;
const span: ReceivedSpan = {
  traceId: TRACE,
  spanId: '00f067aa0ba902b7',
  parentSpanId: undefined,
  name: 'egress orders',
  kind: 'client',
  attributes: { 'http.status_code': '200' },
  resource: { 'service.name': 'shop' },
};
const exchange = (headers: Record<string, string>) => ({
  id: 'r',
  answer: answerOf(),
  attempts: [receivedBy('orders', { headers })],
  copies: [],
});
const spansOf = (trace: string) => (trace === TRACE ? [{ ...span, kind: 'server' as const, name: 'x' }, span] : []);
const everything = {
  name: { kind: 'contains', text: 'orders' },
  kind: 'client',
  attributes: { 'http.status_code': { kind: 'exact', value: '200' }, error: { kind: 'absent' } },
  resource: { 'service.name': { kind: 'regex', pattern: 'sh.p' } },
} as const;
const saw = (...args: Parameters<typeof judgeSpan>) => judgeSpan(...args).map((finding) => finding.saw);

test('one span of the trace that the host was told of must have all', () => {
  const check = checkOf({ span: everything });
  expect(judgeSpan(check, [exchange({ traceparent: TOLD })], spansOf)).toEqual([]);
  expect(judgeSpan(checkOf({ status: [] }), [exchange({})], () => [])).toEqual([]);
});

test('what is off is said of the nearest span, at its line', () => {
  const check = checkOf(
    { span: { ...everything, attributes: { 'upstream_cluster.name': { kind: 'exact', value: 'orders' } } } },
    { places: { span: PLACE } },
  );
  expect(judgeSpan(check, [exchange({ traceparent: TOLD })], spansOf)).toEqual([
    {
      rule: 'check-span',
      severity: 'error',
      at: PLACE,
      saw: 'upstream_cluster.name absent, in the nearest of 2 spans',
      want: 'a span with name to contain "orders", kind "client", upstream_cluster.name "orders", resource service.name to match sh.p',
    },
  ]);
});

test('every request needs one, in a trace of its own', () => {
  const check = checkOf({ span: {} });
  expect(saw(check, [exchange({})], spansOf)).toEqual(['no traceparent: the request has no trace']);
  const other = exchange({ traceparent: TOLD.replace('4bf9', '5bf9') });
  expect(saw(check, [exchange({ traceparent: TOLD }), other], spansOf)).toEqual([
    '1 of 2 requests: 1× no span of the trace reached a collector',
  ]);
});

test('where no host was reached, the trace is the one that the check sent', () => {
  const answeredByEnvoy = { id: 'r', answer: answerOf(), attempts: [], copies: [] };
  const { request } = checkOf({});
  const check = checkOf({ span: everything }, { request: { ...request, headers: { Traceparent: TOLD } } });
  expect(judgeSpan(check, [answeredByEnvoy], spansOf)).toEqual([]);
});
