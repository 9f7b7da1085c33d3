import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { preflightQueries } from '../../../pipeline/observe/judge-queries.ts';
import { askPrometheus, readAnswer } from '../../../pipeline/observe/prometheus.ts';
import { STAGE } from './fake-fleet.ts';

const signal = new AbortController().signal;
const check = (url: string, query = 'up') => ({ name: 'c', url, query, want: { op: '<=', value: 1 } }) as const;
const read = (status: number, body: unknown) =>
  readAnswer(check('http://m'), status, typeof body === 'string' ? body : JSON.stringify(body), 'http://m');
const vector = (...values: readonly string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value, i) => ({ metric: { pod: `p${i}` }, value: [1, value] })) },
});

test.each([
  [vector('0', '1'), { kind: 'holds', samples: 2 }],
  [vector('0', '1.5', '+Inf'), { kind: 'violated', samples: ['{pod="p1"} is 1.5', '{pod="p2"} is Infinity'] }],
  [vector(), { kind: 'nothing', problem: 'no series matches' }],
  [vector('0', 'NaN'), { kind: 'nothing', problem: '{pod="p1"} is no number' }],
  [vector('0', ''), { kind: 'nothing' }],
  [{ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } }, { kind: 'holds' }],
  [{ status: 'success', data: { resultType: 'matrix', result: [] } }, { kind: 'invalid' }],
  [
    { status: 'error', errorType: 'bad_data', error: 'parse error' },
    { kind: 'invalid', problem: 'parse error' },
  ],
  [{ status: 'error', errorType: 'timeout', error: 'slow' }, { kind: 'unanswered' }],
  ['<html>', { kind: 'unanswered' }],
  ['null', { kind: 'unanswered' }],
  [{ status: 'success' }, { kind: 'invalid' }],
])('%j is read as %j', (body, wanted) => expect(read(200, body)).toMatchObject(wanted));

async function server(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const listening = createServer(handle);
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  return {
    host: `127.0.0.1:${(listening.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      listening.closeAllConnections();
      await new Promise((resolve) => {
        listening.close(resolve);
      });
    },
  };
}

test('a check is asked for its moment, with a password as a header, and words never hold it', async () => {
  const asked: { url: string; authorization: string | undefined }[] = [];
  let host = '';
  {
    await using prometheus = await server((request, response) => {
      asked.push({ url: request.url ?? '', authorization: request.headers.authorization });
      response.end(JSON.stringify(vector('1')));
    });
    host = prometheus.host;
    const url = `http://ada:s3cr3t@${host}/prom/`;
    expect(await askPrometheus(check(url, 'a{b="c"} & d'), 1_700_000_000_500, signal)).toMatchObject({ kind: 'holds' });
  }
  const [first] = asked;
  const sent = new URL(first?.url ?? '', 'http://x');
  expect([sent.pathname, sent.searchParams.get('query'), sent.searchParams.get('time')]).toEqual([
    '/prom/api/v1/query',
    'a{b="c"} & d',
    '1700000000.5',
  ]);
  expect(first?.authorization).toBe(`Basic ${Buffer.from('ada:s3cr3t').toString('base64')}`);
  const gone = await askPrometheus(check(`http://ada:s3cr3t@${host}`), 0, signal);
  expect(gone.kind).toBe('unanswered');
  expect(JSON.stringify(gone)).not.toContain('s3cr3t');
});

test('before a push: what can say nothing is an error, what is violated already a warning', async () => {
  await using prometheus = await server((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams.get('query');
    response.end(JSON.stringify(query === 'good' ? vector('0') : query === 'bad' ? vector('5') : vector()));
  });
  const checks = ['good', 'bad', 'typo'].map((query) => ({
    ...check(`http://${prometheus.host}`, query),
    name: query,
  }));
  const findings = await preflightQueries({ stage: STAGE, checks, ask: askPrometheus, signal }, 0);
  expect(findings.map(({ rule, severity, resource }) => [rule, severity, resource])).toEqual([
    ['query-violated-before', 'warning', 'Prometheus check bad'],
    ['query-matches-nothing', 'error', 'Prometheus check typo'],
  ]);
});
