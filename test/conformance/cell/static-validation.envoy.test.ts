import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateAsWritten } from '../../../conformance/cell/static-validation.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { type Cells, NEWEST, OLDEST, placeOf, startCells } from './cell-fixture.ts';
import { lineOf, placedSnapshot, type Texts } from './placed-snapshot.ts';
import { cluster, edsCluster, endpoints, listener, routes, SMALL } from './small-mesh.ts';

let cells: Cells;
let scratchDir: string;
beforeAll(async () => {
  cells = await startCells();
  scratchDir = await mkdtemp(join(tmpdir(), 'meshgate-static-'));
});
afterAll(async () => {
  await cells?.[Symbol.asyncDispose]();
  await rm(scratchDir, { recursive: true, force: true });
});

const validate = (version: string, texts: Texts) =>
  validateAsWritten({
    ...cells.context,
    snapshot: placedSnapshot(texts),
    release: { version: version as EnvoyVersion },
    scratchDir,
  });

describe.each([OLDEST, NEWEST])('static validation by Envoy %s', (version) => {
  test('what works is not refused, with endpoints and TLS files that are not on this machine', async () => {
    const tls = `transport_socket:
    name: tls
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
      common_tls_context:
        validation_context: { trusted_ca: { filename: /etc/nowhere/ca.pem } }`;
    const texts = {
      ...SMALL,
      cluster: cluster('app', { more: tls }) + edsCluster('other'),
      endpoint: endpoints('other', ['10.1.2.3']),
    };
    expect(await validate(version, texts)).toEqual([]);
  });

  test('a host name in a cluster of type STATIC, which a stand-in would hide, is refused at its line', async () => {
    const texts = {
      ...SMALL,
      cluster: cluster('fine') + cluster('app', { addresses: ['10.0.0.1', 'app.example.com'] }),
    };
    const findings = await validate(version, texts);
    expect(findings).toMatchObject([{ rule: 'envoy-refused', resource: 'cluster app', envoy: [version] }]);
    expect(findings.map(placeOf)).toEqual([lineOf(texts, 'cluster', 'app.example.com')]);
    expect(findings[0]?.saw).toContain('malformed IP address: app.example.com');
  });

  test('several faults are reported at once, each with its resource; what only refers to them is not blamed', async () => {
    const texts = {
      ...SMALL,
      cluster:
        cluster('app') +
        cluster('bad1', { addresses: ['one.example'] }) +
        cluster('bad2', { more: 'lb_policy: CLUSTER_PROVIDED' }),
      listener:
        SMALL.listener +
        listener('bad3', 'web', {
          port: 10_001,
          more: 'early_header_mutation_extensions: [{ name: nothing, typed_config: { "@type": type.googleapis.com/google.protobuf.Struct } }]',
        }),
    };
    const findings = await validate(version, texts);
    expect(findings.map(({ resource }) => resource).sort()).toEqual(['cluster bad1', 'cluster bad2', 'listener bad3']);
    expect(new Set(findings.map(placeOf))).toEqual(
      new Set([
        lineOf(texts, 'cluster', 'one.example'),
        lineOf(texts, 'cluster', 'name: bad2'),
        lineOf(texts, 'listener', 'early_header'),
      ]),
    );
  });

  test('a culprit that the words do not name is found by leaving out', async () => {
    const broken = routes('third', '{ match: { safe_regex: { regex: "/x(y" } }, route: { cluster: app } }');
    const texts = {
      ...SMALL,
      route: SMALL.route + routes('second', '{ match: { prefix: / }, route: { cluster: app } }') + broken,
      listener:
        SMALL.listener + listener('side', 'second', { port: 10_001 }) + listener('inner', 'third', { port: 10_002 }),
    };
    const findings = await validate(version, texts);
    expect(findings).toHaveLength(1);
    expect(['listener inner', 'route third']).toContain(findings[0]?.resource);
    expect([
      lineOf(texts, 'listener', 'name: inner'),
      lineOf(texts, 'route', 'name: third'),
      lineOf(texts, 'route', '/x(y'),
    ]).toContain(placeOf(findings[0] as never));
  });
});
