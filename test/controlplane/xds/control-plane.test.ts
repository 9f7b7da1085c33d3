import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import { type ControlPlane, startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { rawClient } from './raw-client.ts';

const { CDS, EDS, LDS, RDS } = XDS_TYPES;
const never = new AbortController().signal;
const until = <T>(what: string, probe: () => T | undefined): Promise<T> =>
  pollUntil(what, 15_000, never, async () => probe());
const open = (drainMs?: number) =>
  startControlPlane({ host: '127.0.0.1', port: 0, ...(drainMs === undefined ? {} : { drainMs }) });

const served = (digest: string, content: Readonly<Record<string, readonly string[]>>): ServedSnapshot => ({
  digest,
  resources: new Map(
    Object.entries(content).map(([typeUrl, names]) => [
      typeUrl,
      names.map((text) => {
        const [name = ''] = text.split('@');
        return { name, bytes: new TextEncoder().encode(text), version: text };
      }),
    ]),
  ),
});

/** A node that ACKs what it is sent, until told otherwise. */
function ackingNode(client: ReturnType<typeof rawClient>, names: Readonly<Record<string, readonly string[]>>) {
  let seen = 0;
  const step = (): void => {
    for (; seen < client.answers.length; seen += 1) {
      const {
        typeUrl,
        versionInfo: version,
        nonce,
      } = client.answers[seen] ?? { typeUrl: '', versionInfo: '', nonce: '' };
      client.send({ typeUrl, version, nonce, names: names[typeUrl] ?? [] });
    }
  };
  const timer = setInterval(step, 2);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

test('only what is asked for by name is sent, and what does not exist is left unanswered', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', { [CDS]: ['a', 'b'], [EDS]: ['a', 'b'], [RDS]: [] }));
  using client = rawClient(controlPlane.port);
  client.send({ node: 'n', typeUrl: EDS, names: ['a', 'unknown'] });
  client.send({ typeUrl: RDS, names: ['nowhere'] });
  client.send({ typeUrl: CDS });
  await until('clusters', () => client.answers.find(({ typeUrl }) => typeUrl === CDS));
  expect(client.answers.map(({ typeUrl, resources }) => [typeUrl, resources])).toEqual([
    [EDS, 1],
    [CDS, 2],
  ]);
});

test('a full-state type with nothing in it is answered with nothing, so that Envoy goes on', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', {}));
  using client = rawClient(controlPlane.port);
  client.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => client.answers[0]);
  expect(client.answers[0]).toMatchObject({ typeUrl: CDS, resources: 0 });
  expect(client.answers[0]?.versionInfo).not.toBe('');
});

test('one answer per change: the same content under another digest sends nothing', async () => {
  await using controlPlane = await open();
  const content = { [CDS]: ['a'], [LDS]: ['l'] };
  controlPlane.setSnapshot('n', served('d1', content));
  using client = rawClient(controlPlane.port);
  using _ = ackingNode(client, {});
  client.send({ node: 'n', typeUrl: CDS });
  client.send({ typeUrl: LDS });
  expect(await controlPlane.awaitApplied('n', 'd1', 15_000)).toEqual({ kind: 'acked' });
  controlPlane.setSnapshot('n', served('d2', content));
  expect(await controlPlane.awaitApplied('n', 'd2', 15_000)).toEqual({ kind: 'acked' });
  expect(client.answers).toHaveLength(2);
  controlPlane.setSnapshot('n', served('d3', { ...content, [LDS]: ['l@2'] }));
  expect(await controlPlane.awaitApplied('n', 'd3', 15_000)).toEqual({ kind: 'acked' });
  expect(client.answers.map(({ typeUrl }) => typeUrl)).toEqual([CDS, LDS, LDS]);
});

/** A node takes a cluster with a listener, and then others in their place. */
async function replaceListener(controlPlane: ControlPlane, client: ReturnType<typeof rawClient>): Promise<void> {
  controlPlane.setSnapshot('n', served('d1', { [CDS]: ['old'], [LDS]: ['l@1'] }));
  client.send({ node: 'n', typeUrl: CDS });
  client.send({ typeUrl: LDS });
  expect(await controlPlane.awaitApplied('n', 'd1', 15_000)).toEqual({ kind: 'acked' });
  controlPlane.setSnapshot('n', served('d2', { [CDS]: ['new'], [LDS]: ['l@2'] }));
  expect(await controlPlane.awaitApplied('n', 'd2', 15_000)).toEqual({ kind: 'acked' });
}

test('clusters that a replaced listener may name stay for as long as it drains', async () => {
  await using controlPlane = await open(300);
  using client = rawClient(controlPlane.port);
  using _ = ackingNode(client, {});
  await replaceListener(controlPlane, client);
  expect(client.answers.map(({ typeUrl, resources }) => [typeUrl, resources])).toEqual([
    [CDS, 1],
    [LDS, 1],
    [CDS, 2],
    [LDS, 1],
    [CDS, 1],
  ]);
  const said = controlPlane.conversation();
  const listenersTaken = said.findLast((entry) => entry.kind === 'request' && entry.typeUrl === LDS)?.atMs ?? 0;
  const removed = said.findLast((entry) => entry.kind === 'response')?.atMs ?? 0;
  expect(removed - listenersTaken).toBeGreaterThanOrEqual(290);
});

test('where nobody waits for listeners to drain, a node is done as soon as it has taken what is served, and keeps what they may name', async () => {
  await using controlPlane = await startControlPlane({
    host: '127.0.0.1',
    port: 0,
    drainMs: 600_000,
    awaitsDrain: false,
  });
  using client = rawClient(controlPlane.port);
  using _ = ackingNode(client, {});
  await replaceListener(controlPlane, client);
  // Nothing but clusters changes: what replaced listeners may name stays beside them.
  controlPlane.setSnapshot('n', served('d3', { [CDS]: ['new@3'], [LDS]: ['l@2'] }));
  expect(await controlPlane.awaitApplied('n', 'd3', 15_000)).toEqual({ kind: 'acked' });
  expect(client.answers.map(({ typeUrl, resources }) => [typeUrl, resources])).toEqual([
    [CDS, 1],
    [LDS, 1],
    [CDS, 2],
    [LDS, 1],
    [CDS, 2],
  ]);
});

test('a node that refused its clusters keeps the routes that it has', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d1', { [CDS]: ['a'], [RDS]: ['r@1'] }));
  using client = rawClient(controlPlane.port);
  const ack = async (typeUrl: string, count: number, error?: string): Promise<void> => {
    const answer = await until('an answer', () => client.answers.filter((one) => one.typeUrl === typeUrl)[count - 1]);
    const names = typeUrl === RDS ? ['r'] : [];
    client.send({ typeUrl, nonce: answer.nonce, version: answer.versionInfo, names, ...(error ? { error } : {}) });
  };
  client.send({ node: 'n', typeUrl: CDS });
  await ack(CDS, 1);
  client.send({ typeUrl: RDS, names: ['r'] });
  await ack(RDS, 1);
  expect(await controlPlane.awaitApplied('n', 'd1', 15_000)).toEqual({ kind: 'acked' });
  controlPlane.setSnapshot('n', served('d2', { [CDS]: ['b'], [RDS]: ['r@2'] }));
  await ack(CDS, 2, 'b: no good');
  expect(await controlPlane.awaitApplied('n', 'd2', 15_000)).toMatchObject({
    kind: 'nacked',
    nacks: [{ typeUrl: CDS, errorDetail: 'b: no good', resourceNames: ['b', 'a'] }],
  });
  expect(client.answers.filter(({ typeUrl }) => typeUrl === RDS)).toHaveLength(1);
});

test('a node that refused a version is not sent it again on its next stream, but a new Envoy of that name is', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', { [CDS]: ['a'], [EDS]: ['a'] }));
  {
    using client = rawClient(controlPlane.port);
    client.send({ node: 'n', typeUrl: CDS, version: 'held' });
    const { nonce } = await until('an answer', () => client.answers[0]);
    client.send({ typeUrl: CDS, nonce, version: 'held', error: 'no' });
    await until('the NACK', () =>
      controlPlane.conversation().find((entry) => 'meaning' in entry && entry.meaning === 'nack'),
    );
  }
  // The endpoints are the proof that the server has answered all that it is going to.
  using again = rawClient(controlPlane.port);
  again.send({ node: 'n', typeUrl: CDS, version: 'held' });
  again.send({ typeUrl: EDS, names: ['a'] });
  await until('endpoints', () => again.answers.find(({ typeUrl }) => typeUrl === EDS));
  expect(again.answers.map(({ typeUrl }) => typeUrl)).toEqual([EDS]);
  using fresh = rawClient(controlPlane.port);
  fresh.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => fresh.answers[0]);
});

test('nobody there, and nobody answering, are silent: with the types that are missing', async () => {
  await using controlPlane = await open();
  const group = controlPlane.openGroup('n');
  group.setSnapshot(served('d', { [CDS]: ['a'], [LDS]: ['l'] }));
  expect(await group.awaitApplied(10)).toEqual({ kind: 'silent', types: [CDS, LDS] });
  using client = rawClient(controlPlane.port);
  client.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => client.answers[0]);
  expect(await group.awaitApplied(10)).toEqual({ kind: 'silent', types: [CDS, LDS] });
});

test.each([
  [
    'bytes that are no request',
    (client: ReturnType<typeof rawClient>) => client.sendBytes(new Uint8Array([0x0a, 0xff, 0xff])),
  ],
  ['no node', (client: ReturnType<typeof rawClient>) => client.send({ typeUrl: CDS })],
  ['no type', (client: ReturnType<typeof rawClient>) => client.send({ node: 'n', typeUrl: '' })],
])('%s end their own stream and no other', async (_, say) => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', { [CDS]: ['a'] }));
  using good = rawClient(controlPlane.port);
  good.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => good.answers[0]);
  using bad = rawClient(controlPlane.port);
  say(bad);
  expect(await bad.ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  controlPlane.setSnapshot('n', served('d2', { [CDS]: ['a@2'] }));
  const [{ nonce, versionInfo: version } = { nonce: '', versionInfo: '' }] = good.answers;
  good.send({ typeUrl: CDS, nonce, version });
  await until('the next answer', () => good.answers[1]);
});

test('10 MB of names are taken, and kept short in the record', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', { [EDS]: ['name-7'] }));
  using client = rawClient(controlPlane.port);
  const names = Array.from({ length: 100_000 }, (_, index) => `name-${index}${index === 7 ? '' : '-'.repeat(90)}`);
  client.send({ node: 'n', typeUrl: EDS, names });
  expect(await until('an answer', () => client.answers[0])).toMatchObject({ resources: 1 });
  const said = controlPlane.conversation().find((entry) => entry.kind === 'request');
  expect(said && 'resourceNames' in said && said.resourceNames.length).toBe(1_001);
});

test('a client that vanishes is gone from the nodes, and the next change is nobody’s', async () => {
  await using controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', { [CDS]: ['a'] }));
  using client = rawClient(controlPlane.port);
  client.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => client.answers[0]);
  client.vanish();
  await until('the end', () => controlPlane.nodes().find(({ connected }) => !connected));
  controlPlane.setSnapshot('n', served('d2', { [CDS]: ['b'] }));
  expect(controlPlane.conversation().at(-1)).toMatchObject({ kind: 'closed' });
});

test('shutdown ends open streams at once', async () => {
  const controlPlane = await open();
  controlPlane.setSnapshot('n', served('d', { [CDS]: ['a'] }));
  using client = rawClient(controlPlane.port);
  client.send({ node: 'n', typeUrl: CDS });
  await until('an answer', () => client.answers[0]);
  const startedAt = performance.now();
  await controlPlane[Symbol.asyncDispose]();
  await client.ended;
  // It takes a few milliseconds; a graceful shutdown would wait for the stream, which never ends by itself.
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
