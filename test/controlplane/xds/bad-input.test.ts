import http2 from 'node:http2';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import { type ControlPlaneOptions, startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { type RawRequest, rawClient } from './raw-client.ts';

const { CDS, EDS, LDS } = XDS_TYPES;
const never = new AbortController().signal;
const until = <T>(what: string, probe: () => T | undefined): Promise<T> =>
  pollUntil(what, 15_000, never, async () => probe());
const open = (more: Partial<ControlPlaneOptions> = {}) => startControlPlane({ host: '127.0.0.1', port: 0, ...more });

const served = (digest: string, ...names: readonly string[]): ServedSnapshot => ({
  digest,
  resources: new Map([
    [CDS, names.map((name) => ({ name, version: `${name}-${digest}`, bytes: new TextEncoder().encode(name) }))],
  ]),
});

const LONG = 'x'.repeat(200_000);
const CLUSTERS = '/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters';

test.each<
  [
    string,
    { path?: string; requests: RawRequest[]; code: status; details: string; limits?: Partial<ControlPlaneOptions> },
  ]
>([
  [
    'a type that xDS does not have',
    {
      requests: [{ node: 'n', typeUrl: 'type.googleapis.com/shop.Teapot' }],
      code: status.INVALID_ARGUMENT,
      details: 'type.googleapis.com/shop.Teapot is no type of xDS',
    },
  ],
  [
    'a type with a name that is too long to be said again',
    {
      requests: [{ node: 'n', typeUrl: LONG }],
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^x{1000}…$/) as unknown as string,
    },
  ],
  [
    'a node that says more of itself than is read',
    {
      requests: [{ node: LONG.repeat(6), typeUrl: CDS }],
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(
        /^a node of 12\d{5} bytes is larger than the 1048576 that are read$/,
      ) as unknown as string,
    },
  ],
  [
    'another type on a stream of its own',
    {
      path: CLUSTERS,
      requests: [{ node: 'n', typeUrl: LDS }],
      code: status.INVALID_ARGUMENT,
      details: `this stream is of ${CDS}, and the request of ${LDS}`,
    },
  ],
  [
    'a node that becomes another one',
    {
      requests: [
        { node: 'n', typeUrl: CDS },
        { node: 'm', typeUrl: LDS },
      ],
      code: status.INVALID_ARGUMENT,
      details: 'the node of a stream stays the same: it was "n", and is "m"',
    },
  ],
  [
    'more names than a stream may ask for',
    {
      limits: { maxNames: 3 },
      requests: [{ node: 'n', typeUrl: EDS, names: ['a', 'b', 'c', 'd'] }],
      code: status.RESOURCE_EXHAUSTED,
      details: '4 names are more than the 3 that a stream may ask for',
    },
  ],
  [
    'a request that is too large',
    {
      limits: { maxRequestBytes: 100 },
      requests: [{ node: 'n', typeUrl: EDS, names: ['x'.repeat(200)] }],
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('is larger than the 100 that are read') as unknown as string,
    },
  ],
  [
    'a method that is not served',
    {
      path: '/envoy.service.discovery.v2.AggregatedDiscoveryService/StreamAggregatedResources',
      requests: [{ node: 'n', typeUrl: CDS }],
      code: status.UNIMPLEMENTED,
      details: '/envoy.service.discovery.v2.AggregatedDiscoveryService/StreamAggregatedResources is not served',
    },
  ],
])(
  '%s ends its stream with a status that says so, and no other',
  async (_, { path, requests, code, details, limits }) => {
    await using controlPlane = await open(limits);
    controlPlane.setSnapshot('n', served('1', 'a'));
    using good = rawClient(controlPlane.port);
    good.send({ node: 'n', typeUrl: CDS });
    await until('an answer', () => good.answers[0]);
    using bad = rawClient(controlPlane.port, path === undefined ? {} : { path });
    for (const request of requests) bad.send(request);
    expect(await bad.ended).toMatchObject({ code, details });
    using after = rawClient(controlPlane.port);
    after.send({ node: 'after', typeUrl: CDS });
    controlPlane.setSnapshot('after', served('1', 'a'));
    await until('an answer', () => after.answers[0]);
  },
);

test('a stream of one type need not name it, and a type that is not served is asked for in vain', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('1', 'a'));
  using own = rawClient(controlPlane.port, { path: CLUSTERS });
  own.send({ node: 'n', typeUrl: '' });
  expect(await until('clusters', () => own.answers[0])).toMatchObject({ typeUrl: CDS, resources: 1 });
  using all = rawClient(controlPlane.port);
  all.send({ node: 'n', typeUrl: 'type.googleapis.com/envoy.config.route.v3.VirtualHost', names: ['a/b'] });
  all.send({ typeUrl: CDS });
  await until('clusters', () => all.answers[0]);
  expect(all.answers.map(({ typeUrl }) => typeUrl)).toEqual([CDS]);
});

test('one that does not answer is sent one answer, and then the newest: what came between is not kept for it', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('0', 'a'));
  using slow = rawClient(controlPlane.port);
  slow.send({ node: 'n', typeUrl: CDS });
  const { nonce, versionInfo: version } = await until('an answer', () => slow.answers[0]);
  for (let change = 1; change <= 50; change += 1) {
    controlPlane.setSnapshot('n', served(String(change), 'a'));
    await new Promise(setImmediate);
  }
  using fresh = rawClient(controlPlane.port);
  fresh.send({ node: 'fresh', typeUrl: CDS });
  controlPlane.setSnapshot('fresh', served('50', 'a'));
  const newest = await until('an answer', () => fresh.answers[0]);
  expect(slow.answers).toHaveLength(1);
  slow.send({ typeUrl: CDS, nonce, version });
  expect((await until('the newest', () => slow.answers[1])).versionInfo).toBe(newest.versionInfo);
});

test('a connection makes way at its age, with a status, and a new one is served', async () => {
  await using controlPlane = await open({ maxAgeMs: 100, ageGraceMs: 50 });
  controlPlane.setSnapshot('n', served('1', 'a'));
  using old = rawClient(controlPlane.port);
  old.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => old.answers[0]);
  expect(await old.ended).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'the connection was asked to make way: connect again',
  });
  using next = rawClient(controlPlane.port);
  next.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => next.answers[0]);
});

const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

test.each([
  ['never says anything', Buffer.alloc(0)],
  ['says it speaks HTTP/2 and falls silent', PREFACE],
])('a peer that %s is let go', async (_, words) => {
  await using controlPlane = await open({ keepaliveMs: 50 });
  const socket = connect(controlPlane.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  socket.resume();
  if (words.length > 0) socket.write(words);
  await closed;
});

test('a peer that answers pings stays', async () => {
  await using controlPlane = await open({ keepaliveMs: 20 });
  controlPlane.setSnapshot('n', served('1', 'a'));
  using client = rawClient(controlPlane.port);
  client.send({ node: 'n', typeUrl: CDS });
  const { nonce, versionInfo: version } = await until('an answer', () => client.answers[0]);
  const endsAt = performance.now() + 300;
  await until('many pings', () => performance.now() >= endsAt || undefined);
  client.send({ typeUrl: CDS, nonce, version });
  controlPlane.setSnapshot('n', served('2', 'a'));
  await until('the change', () => client.answers[1]);
});

test('an Envoy that gives up the streams of 3,000 clusters at once keeps its connection', async () => {
  await using controlPlane = await open();
  const session = http2.connect(`http://127.0.0.1:${controlPlane.port}`);
  const faults: unknown[] = [];
  session.on('error', (fault) => faults.push(fault));
  session.on('goaway', (code) => faults.push(code));
  let closed = 0;
  for (let count = 0; count < 3_000; count += 1) {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => undefined);
    stream.once('close', () => {
      closed += 1;
    });
    setImmediate(() => stream.close(http2.constants.NGHTTP2_CANCEL));
  }
  await until('all closed', () => closed === 3_000 || undefined);
  await new Promise<void>((resolve, reject) => {
    if (!session.ping((fault) => (fault ? reject(fault) : resolve()))) reject(new Error('the connection is gone'));
  });
  expect(faults).toEqual([]);
  session.destroy();
});
