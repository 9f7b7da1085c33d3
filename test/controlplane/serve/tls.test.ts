import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPki, type Pki } from '../../../conformance/pki/pki.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { rawClient } from '../xds/raw-client.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { memorySource, STAGE, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';

const never = new AbortController().signal;
const until = <T>(what: string, probe: () => T | undefined): Promise<T> =>
  pollUntil(what, 15_000, never, async () => probe());
const { CDS } = XDS_TYPES;
const DAY_MS = 24 * 60 * 60_000;
const uri = (stage: string, service: string): string => `spiffe://shop.example/stage/${stage}/service/${service}`;
const names = (...uris: readonly string[]) => ({ dns: ['localhost'], uri: uris, ip: ['127.0.0.1'] });

let pki: Pki;
let other: Pki;
let expired: Pki;
beforeAll(async () => {
  const now = Date.now();
  [pki, other, expired] = await Promise.all([createPki(now), createPki(now), createPki(now - 3 * DAY_MS)]);
});

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tls-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A control plane whose certificate is of `of`, and that lets in clients of `pki` and of `expired`. */
async function serving(label: string, of: Pki = pki) {
  const file = (name: string): string => join(dir, `${label}-${name}.pem`);
  const files = { certFile: file('cert'), keyFile: file('key'), clientCaFile: file('ca') };
  const show = async (from: Pki): Promise<void> => {
    const { certificate, privateKey } = await from.issue(names());
    await Promise.all([writeFile(files.certFile, certificate), writeFile(files.keyFile, privateKey)]);
  };
  await show(of);
  await writeFile(files.clientCaFile, pki.caCertificate + expired.caCertificate);
  const source = memorySource();
  source.hold(snapshotOf(edsCluster('a')));
  const said: string[] = [];
  const server = await serveStage({
    source,
    tls: { ...files, lookEveryMs: 20 },
    say: (line) => said.push(line),
  });
  return { server, source, files, show, said, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A client that trusts `trusted` and shows a certificate of `signer` for `uris`. */
async function clientOf(port: number, signer: Pki | undefined, uris: readonly string[], trusted: Pki = pki) {
  const own = await signer?.issue(names(...uris));
  const channel = credentials.createSsl(
    Buffer.from(trusted.caCertificate),
    own ? Buffer.from(own.privateKey) : null,
    own ? Buffer.from(own.certificate) : null,
  );
  return rawClient(port, { credentials: channel });
}

/** The first message of a stream of evidence: `identifier.node` with an id and a cluster, in both services the same. */
function identifying(id: string, cluster: string): Uint8Array {
  const writer = new BinaryWriter();
  const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
  writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
  text(1, id);
  text(2, cluster);
  return writer.join().join().finish();
}

describe('with mutual TLS', () => {
  test('a node is served as what its certificate says, and as nothing else', async () => {
    await using it = await serving('admits');
    using good = await clientOf(it.server.port, pki, [uri(STAGE, 'shop')]);
    good.send({ node: 'n', cluster: 'shop', typeUrl: CDS });
    await until('clusters', () => good.answers[0]);

    using liar = await clientOf(it.server.port, pki, [uri(STAGE, 'shop')]);
    liar.send({ node: 'n', cluster: 'payments', typeUrl: CDS });
    expect(await liar.ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'node n says that it is of service "payments"; its certificate is for shop',
    });
    using foreign = await clientOf(it.server.port, pki, [uri('elsewhere', 'shop')]);
    foreign.send({ node: 'n', cluster: 'shop', typeUrl: CDS });
    expect(await foreign.ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: `the certificate is for stage elsewhere; this is stage ${STAGE}`,
    });
    using nobody = await clientOf(it.server.port, pki, []);
    nobody.send({ node: 'n', cluster: 'shop', typeUrl: CDS });
    expect(await nobody.ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: expect.stringContaining('want a certificate with the URI spiffe://'),
    });
    // What it tells of its traffic is not taken either.
    using metrics = rawClient(it.server.port, {
      path: '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
      credentials: credentials.createSsl(
        Buffer.from(pki.caCertificate),
        Buffer.from((await pki.issue(names(uri('elsewhere', 'shop')))).privateKey),
        Buffer.from((await pki.issue(names(uri('elsewhere', 'shop')))).certificate),
      ),
    });
    expect(await metrics.ended).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(good.answers).toHaveLength(1);
  });

  test.each([
    '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
    '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
  ])('evidence is taken of the service that the certificate is for, and of no other: %s', async (path) => {
    await using it = await serving(`evidence-${path.split('/').at(-1)}`);
    const speaking = async (cluster: string) => {
      const own = await pki.issue(names(uri(STAGE, 'shop')));
      const client = rawClient(it.server.port, {
        path,
        credentials: credentials.createSsl(
          Buffer.from(pki.caCertificate),
          Buffer.from(own.privateKey),
          Buffer.from(own.certificate),
        ),
      });
      client.sendBytes(identifying('n', cluster));
      client.finish();
      return client;
    };
    using liar = await speaking('payments');
    expect(await liar.ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'node n says that it is of service "payments"; its certificate is for shop',
    });
    using honest = await speaking('shop');
    expect(await honest.ended).toMatchObject({ code: status.OK });
  });

  test.each<[string, () => Pki | undefined]>([
    ['no certificate', () => undefined],
    ['one of another authority', () => other],
    ['one that has expired', () => expired],
  ])('a client that shows %s is not let in', async (what, signer) => {
    await using it = await serving(`refuses-${what.replaceAll(' ', '-')}`);
    using client = await clientOf(it.server.port, signer(), [uri(STAGE, 'shop')]);
    client.send({ node: 'n', cluster: 'shop', typeUrl: CDS });
    expect(await client.ended).toMatchObject({ code: status.UNAVAILABLE });
    expect(it.server.state().nodes).toEqual([]);
  });
});

test('renewed files are used for new connections, and open streams go on', async () => {
  await using it = await serving('renews');
  using before = await clientOf(it.server.port, pki, [uri(STAGE, 'shop')]);
  before.send({ node: 'n', cluster: 'shop', typeUrl: CDS });
  const first = await until('clusters', () => before.answers[0]);

  // Half of it first: a certificate whose key is not there yet is not used.
  await writeFile(it.files.keyFile, 'nothing yet');
  await until('a problem', () => it.said.find((line) => line.includes('the certificate from before is used on')));
  using meanwhile = await clientOf(it.server.port, pki, [uri(STAGE, 'shop')]);
  meanwhile.send({ node: 'm', cluster: 'shop', typeUrl: CDS });
  await until('clusters', () => meanwhile.answers[0]);

  await it.show(other);
  await until('the renewal', () => it.said.find((line) => line === 'TLS: the certificate was renewed'));
  using late = await clientOf(it.server.port, pki, [uri(STAGE, 'shop')], other);
  late.send({ node: 'l', cluster: 'shop', typeUrl: CDS });
  await until('clusters', () => late.answers[0]);
  using trustsOld = await clientOf(it.server.port, pki, [uri(STAGE, 'shop')], pki);
  trustsOld.send({ node: 'o', cluster: 'shop', typeUrl: CDS });
  expect(await trustsOld.ended).toMatchObject({ code: status.UNAVAILABLE });

  before.send({ typeUrl: CDS, nonce: first.nonce, version: first.versionInfo });
  it.source.hold(snapshotOf(edsCluster('a'), edsCluster('b')));
  expect(await until('the change', () => before.answers[1])).toMatchObject({ resources: 2 });
});

test('files that cannot be used are told of at the start, and a certificate that has expired while it is used', async () => {
  await expect(
    serveStage({
      source: memorySource(),
      tls: { certFile: join(dir, 'none.pem'), keyFile: join(dir, 'none.pem') },
    }),
  ).rejects.toThrow(/none\.pem cannot be read: ENOENT/);
  await using it = await serving('expired', expired);
  await until('words', () =>
    it.said.find((line) => /TLS: .*expired-cert\.pem expired at .*: clients refuse it/.test(line)),
  );
});
