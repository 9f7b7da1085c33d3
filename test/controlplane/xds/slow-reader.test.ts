import http2 from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { decodeSotwRequest } from '../../../controlplane/xds/discovery-requests.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { modelGroup, modelSnapshot, NODE } from './model-wire.ts';
import { encodeRequest } from './raw-client.ts';

const { CDS, RTDS, SDS } = XDS_TYPES;

test('a stream that is behind is written nothing, and then the newest of what it was to get', async () => {
  const group = modelGroup();
  const serve = (version: string): void =>
    group.setSnapshot(modelSnapshot(version, { [RTDS]: new Map([['r', version]]), [SDS]: new Map([['s', version]]) }));
  serve('1');
  let isFull = false;
  const sent: string[] = [];
  const stream = group.open(NODE, {
    variant: 'sotw',
    typeUrl: undefined,
    isFull: () => isFull,
    send: (frame) => {
      sent.push(/(?<=[rs]@)\d+/.exec(frame.toString('latin1'))?.[0] ?? '');
      isFull = true;
    },
  });
  const say = (typeUrl: string, name: string): void => {
    const request = decodeSotwRequest(Buffer.from(encodeRequest({ node: 'n', typeUrl, names: [name] })));
    if (request.kind === 'request') stream.receive(typeUrl, request);
  };
  say(RTDS, 'r');
  say(SDS, 's');
  expect(sent).toEqual(['1']);
  for (let version = 2; version <= 9; version += 1) {
    serve(String(version));
    await turn();
  }
  expect(sent).toEqual(['1']);
  isFull = false;
  stream.caughtUp();
  expect(sent).toEqual(['1', '9']);
});

test('a peer that does not read at all costs one answer, however often things change', async () => {
  await using controlPlane = await startControlPlane({ host: '127.0.0.1', port: 0 });
  const large = (serial: number) => ({
    digest: String(serial),
    resources: new Map([
      [CDS, [{ name: 'a', version: String(serial), bytes: new Uint8Array(4 * 1024 * 1024).fill(serial) }]],
    ]),
  });
  controlPlane.setSnapshot('n', large(0));
  const session = http2.connect(`http://127.0.0.1:${controlPlane.port}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    'content-type': 'application/grpc',
  });
  stream.on('error', () => undefined);
  session.on('error', () => undefined);
  stream.pause();
  const message = encodeRequest({ node: 'n', typeUrl: CDS });
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([header, message]));
  await pollUntil('the first answer', 15_000, new AbortController().signal, async () =>
    controlPlane.conversation().find(({ kind }) => kind === 'response'),
  );
  for (let serial = 1; serial <= 40; serial += 1) {
    controlPlane.setSnapshot('n', large(serial));
    await turn();
  }
  expect(controlPlane.conversation().filter(({ kind }) => kind === 'response')).toHaveLength(1);
  session.destroy();
});
