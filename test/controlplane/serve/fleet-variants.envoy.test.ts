import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { sharedPki } from '../../../conformance/pki/pki.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { startClientStatus } from '../../../controlplane/status/start-client-status.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { statusClient } from '../status/status-client.ts';
import { edsCluster, endpoints, listener, rds, refusedListener, route, upstream } from '../xds/small-mesh.ts';
import { fleetNode } from './fleet-node.ts';
import { memorySource, STAGE, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';

const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
/** Of Envoy's `/config_dump?resource=dynamic_active_clusters`. */
type ActiveClusters = { configs: { version_info: string; cluster: { name: string } }[] };

const nothing = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, 60_000, nothing, probe);

describe.each([OLDEST, NEWEST])('a fleet that speaks delta over mutual TLS: Envoy %s', (version) => {
  test('is served, told of as one that takes or refuses, and one with another service’s certificate is not', async () => {
    await using shop = await upstream('shop');
    const dir = await mkdtemp(join(tmpdir(), 'fleet-tls-'));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const pki = await sharedPki();
    const put = async (label: string, service: string | undefined) => {
      const uri = service === undefined ? [] : [`spiffe://shop.example/stage/${STAGE}/service/${service}`];
      const { certificate, privateKey } = await pki.issue({ dns: [], uri, ip: ['127.0.0.1'] });
      const files = { certFile: join(dir, `${label}.pem`), keyFile: join(dir, `${label}.key`) };
      await Promise.all([writeFile(files.certFile, certificate), writeFile(files.keyFile, privateKey)]);
      return files;
    };
    const caFile = join(dir, 'ca.pem');
    await writeFile(caFile, pki.caCertificate);
    const source = memorySource();
    const said: string[] = [];
    await using server = await serveStage({
      node: { cluster: 'shop' },
      source,
      tls: { ...(await put('server', undefined)), clientCaFile: caFile },
      say: (line) => said.push(line),
    });
    const mesh = [
      edsCluster('shop'),
      endpoints('shop', shop.port),
      route('main', 'shop'),
      listener('web', rds('main')),
    ];
    source.hold(snapshotOf(...mesh));
    const tls = async (service: string) => ({ caFile, certificate: await put(service, service) });
    await using node = await fleetNode(version, 'edge-1', server.port, { delta: true, tls: await tls('shop') });
    const state = (want: string) =>
      soon(want, async () => server.state().nodes.find(({ nodeId, state }) => nodeId === 'edge-1' && state === want));
    expect(await state('applied')).toMatchObject({
      envoyVersion: version,
      servedDigest: server.state().servedDigest,
    });
    const port = await soon('listener', () => node.portOf('web'));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('shop');

    // A tool that asks by CSDS is told what Envoy itself says that it has.
    await using csds = await startClientStatus({ clients: () => server.clients(), nowEpochMs: Date.now, port: 0 });
    using tool = statusClient(csds.port);
    const [told] = await tool.fetch({ nodeMatchers: [{ nodeId: { exact: 'edge-1' } }] });
    const dump = JSON.parse(await node.admin('/config_dump?resource=dynamic_active_clusters')) as ActiveClusters;
    const held = dump.configs.map(({ version_info, cluster }) => [cluster.name, version_info]);
    expect(held.map(([name]) => name)).toEqual(['shop']);
    const clusters = told?.genericXdsConfigs?.filter(({ typeUrl }) => typeUrl === XDS_TYPES.CDS) ?? [];
    expect(clusters.map(({ name, versionInfo }) => [name, versionInfo])).toEqual(held);
    expect(clusters[0]).toMatchObject({ configStatus: 'SYNCED', clientStatus: 'ACKED', xdsConfig: { name: 'shop' } });
    const [major, minor, patch] = version.split('.').map(Number);
    expect(told?.node).toMatchObject({
      id: 'edge-1',
      cluster: 'shop',
      userAgentBuildVersion: { version: { majorNumber: major, minorNumber: minor, ...(patch ? { patch } : {}) } },
    });
    // A cluster that changed warms at once: it is told its endpoints anew, though they are what they were.
    const changed = snapshotOf(edsCluster('shop', { connectTimeout: '2s' }), ...mesh.slice(1));
    source.hold(changed);
    await soon('the change', async () =>
      server.state().nodes.find((one) => one.state === 'applied' && one.servedDigest === changed.digest),
    );
    expect(await node.admin('/stats?filter=cluster.shop.init_fetch_timeout')).toBe(
      'cluster.shop.init_fetch_timeout: 0\n',
    );
    source.hold(snapshotOf(...mesh, refusedListener('broken')));
    expect((await state('refused')).nacks[0]?.errorDetail).toMatch(/broken/);
    source.hold(snapshotOf(...mesh));
    await state('applied');

    await using _liar = await fleetNode(version, 'edge-2', server.port, { delta: true, tls: await tls('payments') });
    await soon('the refusal', async () =>
      said.find((line) => line.includes('says that it is of service "shop"; its certificate is for payments')),
    );
    expect(server.state().nodes.map(({ nodeId }) => nodeId)).toEqual(['edge-1']);
  });
});
