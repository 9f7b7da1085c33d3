import type { RequestCheck } from '../../../../conformance/checks/check.ts';
import type { Exchange } from '../../../../conformance/checks/judge/exchange.ts';
import type { Answer } from '../../../../conformance/client/client-answer.ts';
import type { ReceivedRequest } from '../../../../conformance/upstream/stand-in.ts';

export const PLACE = { file: 'checks/a.yaml', line: 7, column: 3 };

export const checkOf = (expect: RequestCheck['expect'], more: Partial<RequestCheck> = {}): RequestCheck => ({
  kind: 'request',
  name: 'a',
  origin: 'declared',
  at: { file: 'checks/a.yaml', line: 1, column: 1 },
  request: {
    listener: 'edge',
    method: 'GET',
    authority: 'h',
    path: '/',
    headers: {},
    protocol: 'http/1.1',
    timeoutMs: 5_000,
  },
  repeat: 1,
  concurrency: 1,
  arrangements: [],
  expect,
  ...more,
});

export const answerOf = (more: Partial<Answer> = {}): Answer => ({
  kind: 'answer',
  status: 200,
  headers: {},
  trailers: {},
  body: '',
  bodyBytes: 0,
  latencyMs: 1,
  protocol: 'http/1.1',
  ...more,
});

export const receivedBy = (cluster: string, more: Partial<ReceivedRequest> = {}): ReceivedRequest => ({
  host: { cluster, address: '10.0.0.7', port: 8080 },
  atMs: 0,
  protocol: 'http/1.1',
  tls: undefined,
  method: 'GET',
  path: '/',
  authority: 'h',
  headers: {},
  body: '',
  requestId: 'r',
  proxyProtocol: undefined,
  ...more,
});

/** One request that `clusters` received in turn. */
export const exchangeOf = (
  answer: Partial<Answer> = {},
  clusters: readonly string[] = ['payments'],
  copies: readonly string[] = [],
): Exchange => ({
  id: 'r',
  answer: answerOf(answer),
  attempts: clusters.map((cluster) => receivedBy(cluster)),
  copies: copies.map((cluster) => receivedBy(cluster)),
});
export const failedExchange: Exchange = {
  id: 'r',
  answer: { kind: 'failed', reason: 'reset', message: 'socket hang up', latencyMs: 1 },
  attempts: [],
  copies: [],
};
