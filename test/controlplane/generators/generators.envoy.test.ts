import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guardSnapshot } from '../../../conformance/guards/guard-snapshot.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { openDiscoveryMemory } from '../../../controlplane/discovery/discovery-memory.ts';
import { type SourcePorts, sourceOpener } from '../../../controlplane/discovery/open-source.ts';
import { consulApi } from '../../../controlplane/discovery/sources/consul-source.ts';
import { openServiceList } from '../../../controlplane/generators/open-service-list.ts';
import { openServiceMemory } from '../../../controlplane/generators/service-memory.ts';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import type { TargetVersion } from '../../../pipeline/ids.ts';
import { filesOf, heldFromFiles } from '../../../pipeline/targets/delivery.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import type { Snapshot } from '../../../render/snapshot.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { deliveryOf } from '../../pipeline/targets/deliveries.ts';
import { type Consul, consulMissing, startConsul } from '../../real/consul.ts';
import { ENVOYS, meshOf } from '../../render/generators/generator-mesh.ts';
import { realClock } from '../ramp/ramp-node.ts';
import { fleetNode } from '../serve/fleet-node.ts';
import { memorySource } from '../serve/memory-source.ts';
import { serveStage } from '../serve/serve-stage.ts';

const CACHE = join(cacheDirOf(process.env), 'servers');
const missing = await consulMissing(CACHE);
const WITHIN_MS = 60_000;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, new AbortController().signal, probe);

type Answered = { readonly status: number; readonly text: string; readonly version: string | undefined };

/** `fetch` does not let one choose the host. */
const ask = (port: number, host: string): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path: '/', headers: { host }, agent: false }, async (response) => {
      let text = '';
      for await (const piece of response) text += String(piece);
      const version = response.headers['x-version'];
      resolve({ status: response.statusCode ?? 0, text, version: Array.isArray(version) ? version[0] : version });
    });
    sent.once('error', reject);
  });

async function world(consul: Consul, snapshot: Snapshot) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'generators-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const app = createServer((request, response) => response.end(request.headers.host)).listen(0, '127.0.0.1');
  await once(app, 'listening');
  stack.defer(() => void app.close());
  stack.defer(() => app.closeAllConnections());
  const { port } = app.address() as AddressInfo;
  const owned = stack.move();
  return {
    said: [] as string[],
    register: (name: string, ...tags: readonly string[]) =>
      consul.call('PUT', '/v1/agent/service/register', {
        ID: name,
        Name: name,
        Address: '127.0.0.1',
        Port: port,
        Tags: ['edge', ...tags],
      }),
    deregister: (name: string) => consul.call('PUT', `/v1/agent/service/deregister/${encodeURIComponent(name)}`),
    async serve(at = 0) {
      const ports: SourcePorts = {
        consul: {
          api: consulApi({ url: consul.url, token: async () => consul.token }),
          leastPauseMs: 20,
          retry: { firstMs: 50, mostMs: 200 },
        },
      };
      const envoys = ENVOYS as EnvoyVersion[];
      const settings = { blastRadius: undefined, defaultPanicThresholdPercent: 50 } as never;
      const source = memorySource();
      source.hold(snapshot);
      const problem = (text: string | undefined): void => void this.said.push(text ?? 'well');
      const memory = await openServiceMemory({
        path: join(dir, 'services.json'),
        nowEpochMs: Date.now,
        onProblem: problem,
      });
      const server = await serveStage({
        stage: snapshot.stage,
        port: at,
        source,
        say: (line) => void this.said.push(line),
        hosts: {
          openSource: sourceOpener(ports),
          answers: await openDiscoveryMemory({
            path: join(dir, 'answers.json'),
            nowEpochMs: Date.now,
            onProblem: problem,
          }),
          clock: realClock,
          memoryOf: (cluster) => fileMemory(join(dir, 'ramp'), cluster),
          defaultPanicThresholdPercent: 50,
          probes: false,
          generators: {
            openServices: (of) => openServiceList(of, ports),
            memory,
            envoys,
            judge: (generated) => guardSnapshot(generated, { envoys, settings }),
          },
        },
      });
      return Object.assign(server, { memory });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test.skipIf(missing)(
  `an app appears in Consul and gateways of both Envoy versions route to it; a broken one is left out alone; one that goes is gone${missing ? ` (${missing})` : ''}`,
  { timeout: 300_000 },
  async () => {
    const { snapshot: promoted, findings } = await meshOf();
    expect(findings).toEqual([]);
    if (!promoted) throw new Error('no snapshot');
    // As a control plane has it: read back from what was delivered.
    const held = heldFromFiles('1' as TargetVersion, filesOf(deliveryOf('beta-1', { snapshot: promoted })));
    if (held.kind !== 'delivery') throw new Error(JSON.stringify(held));
    const { snapshot } = held.delivery;
    await using consul = await startConsul(CACHE);
    await using it = await world(consul, snapshot);
    await it.register('first');
    const before = await it.serve();
    const { port } = before;
    await using nodes = new AsyncDisposableStack();
    const gateways = await Promise.all(ENVOYS.map((version) => fleetNode(version, `gw-${version}`, port)));
    for (const node of gateways) nodes.use(node);
    const listening = await Promise.all(gateways.map((node) => soon('the listener', () => node.portOf('gateway'))));
    const everywhere = (host: string, wanted: (answer: Answered) => boolean): Promise<unknown> =>
      Promise.all(
        listening.map((gateway) =>
          soon(`${host} at ${gateway}`, async () => {
            const answer = await ask(gateway, host);
            return wanted(answer) ? answer : undefined;
          }),
        ),
      );
    const reached = ({ status, text }: Answered): boolean => status === 200 && text !== 'written';
    const unknown = ({ status }: Answered): boolean => status === 404;
    {
      await using _ = before;
      await everywhere('first.test', reached);
      // Appears; with it one whose domain is written already, one that is no duration, and one that is hostile.
      await it.register('second', 'version=7');
      await it.register('taken');
      await it.register('odd', 'timeout=soon');
      await it.register('bad name*${values.domain}');
      await it.register('evil', 'version=%DOWNSTREAM_REMOTE_ADDRESS%');
      await everywhere('second.test', (answer) => reached(answer) && answer.version === '7');
      await soon('all are judged', async () => (before.generators()[0]?.leftOut.length === 4 ? true : undefined));
      const [view] = before.generators();
      const out = Object.fromEntries(view?.leftOut.map(({ service, findings: why }) => [service, why[0]?.rule]) ?? []);
      expect(out).toEqual({
        'bad name*${values.domain}': 'generated-name',
        evil: 'generated-name',
        odd: 'parameter-kind',
        taken: 'duplicate-domain',
      });
      expect(view?.leftOut.find(({ service }) => service === 'taken')?.findings[0]).toMatchObject({
        at: { file: 'templates/app.yaml' },
        via: [{ file: 'generators/apps.yaml' }],
      });
      expect(view?.services.map(({ service }) => service)).toEqual(['first', 'second']);
      for (const gateway of listening) {
        expect(await ask(gateway, 'taken.test')).toMatchObject({ text: 'written' });
        expect(await ask(gateway, 'first.test')).toMatchObject({ status: 200 });
      }
      await it.deregister('first');
      await everywhere('first.test', unknown);
      await everywhere('second.test', reached);
      for (const node of before.state().nodes) expect(node).toMatchObject({ servedDigest: snapshot.digest, nacks: [] });
      await before.memory[Symbol.asyncDispose]();
    }
    // A control plane that comes back while Consul is down goes on with what it knew.
    await consul.kill();
    await using after = await it.serve(port);
    await soon('the gateways again', async () => (after.state().nodes.length === 2 ? true : undefined));
    await soon('the failure', async () =>
      it.said.find((line) => line.includes('consul services tagged edge: it fails')),
    );
    expect(after.generators()).toMatchObject([{ source: { state: 'stale' }, services: [{ service: 'second' }] }]);
    for (const gateway of listening) expect(await ask(gateway, 'second.test')).toMatchObject({ status: 200 });
  },
);
