import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { RampView } from '../../../controlplane/ramp/ramp-view.ts';
import { dirTarget } from '../../../pipeline/targets/dir-target.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';
import { traffic } from '../../controlplane/serve/churn-world.ts';
import { fleetNode } from '../../controlplane/serve/fleet-node.ts';
import { hostServer } from '../../controlplane/serve/host-server.ts';
import { edsCluster, listener, rds, route } from '../../controlplane/xds/small-mesh.ts';
import { freePort } from '../../real/free-port.ts';
import { NO_POSTGRESQL, startPostgresql } from '../../real/postgresql.ts';
import { deliveryOf } from '../targets/deliveries.ts';

const ROOT = join(import.meta.dirname, '../../..');
const STAGE = 'beta' as StageName;
const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const WITHIN_MS = 180_000;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, new AbortController().signal, probe);

const CHECKED: JsonObject = {
  commonLbConfig: { updateMergeWindow: '0.1s' },
  ignoreHealthOnHostRemoval: true,
  healthChecks: [
    {
      timeout: '2s',
      interval: '1s',
      noTrafficInterval: '1s',
      unhealthyThreshold: 2,
      healthyThreshold: 1,
      httpHealthCheck: { path: '/healthz' },
    },
  ],
};
const discovery: ClusterDiscovery = {
  sources: [{ kind: 'file', path: 'app.yaml', priority: 0 }],
  maxStaleMs: 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
};
/** Each Envoy asks from an address of its own, so that a host may fail for some of them. */
const AT_A = ['127.0.0.2', '127.0.0.3'];
const AT_B = ['127.0.0.4', '127.0.0.5'];

/** Hosts `1` to `count`; what a host is to an Envoy never changes, so any request to one that fails for it is panic. */
async function hostsOf(count: number, failsFor: (n: number) => readonly string[]) {
  await using stack = new AsyncDisposableStack();
  const misled: string[] = [];
  const ports = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      hostServer(stack, ({ url, socket: { remoteAddress = '' } }, response) => {
        const fails = failsFor(at + 1).includes(remoteAddress);
        if (fails && url !== '/healthz') misled.push(`${remoteAddress} asked host ${at + 1}`);
        response.writeHead(fails ? 503 : 200).end();
      }),
    ),
  );
  const owned = stack.move();
  return { ports, misled, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Place = { readonly dir: string; readonly name: string; readonly port: number; readonly adminPort: number };

/** `mesh serve --share-ramps` with a data directory of its own. Disposing stops it. */
async function meshServe({ dir, name, port, adminPort }: Place, databaseUrl: string, say: (line: string) => void) {
  const args = ['cli/main.ts', 'serve', '--stage', STAGE, '--listen', `127.0.0.1:${port}`, '--share-ramps'];
  const more = ['--admin', `127.0.0.1:${adminPort}`, '--hosts', join(dir, 'hosts'), '--data', join(dir, name)];
  const child: ChildProcess = spawn(process.execPath, [...args, ...more, '--config', join(dir, 'config')], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream)
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        say(`${name}: ${line}`);
      });
  const exited = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  await soon(`${name} serves`, async () => {
    if (child.exitCode !== null) throw new Error(lines.join('\n'));
    return lines.some((line) => line.startsWith('admin API at')) || undefined;
  });
  return {
    lines,
    async ramp(): Promise<RampView | undefined> {
      const answer = await fetch(`http://127.0.0.1:${adminPort}/ramp`);
      const { ramps } = (await answer.json()) as { ramps: { ramp?: RampView }[] };
      return ramps[0]?.ramp;
    },
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  };
}

type Serving = Awaited<ReturnType<typeof meshServe>>;
const keysOf = (ramp: RampView | undefined): string[] => (ramp?.served ?? []).map(({ address }) => address).sort();
const same = async (...all: readonly Serving[]): Promise<RampView | undefined> => {
  const [one, ...others] = await Promise.all(all.map((serving) => serving.ramp()));
  const isSame = others.every((other) => JSON.stringify(keysOf(other)) === JSON.stringify(keysOf(one)));
  if (!isSame) throw new Error(JSON.stringify([one, ...others].map(keysOf)));
  return one;
};

test.skipIf(NO_POSTGRESQL !== undefined)(
  'two control planes share a ramp on PostgreSQL: many hosts at once of which some fail, and kill -9 of either, put no Envoy of either into panic',
  { timeout: 900_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), 'shared-ramps-'));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    for (const part of ['config', 'hosts', 'live']) await mkdir(join(dir, part));
    const broken = [8, 11, 13, 16, 18];
    let isWell = false;
    const said: string[] = [];
    const say = (line: string): void => void said.push(`${new Date().toISOString().slice(11, 23)} ${line}`);
    stack.defer(() => {
      if (!isWell) process.stdout.write(`${said.join('\n')}\n`);
    });
    const hosts = stack.use(await hostsOf(34, (n) => (n > 18 ? AT_B : broken.includes(n) ? [...AT_A, ...AT_B] : [])));
    const name = async (upTo: number): Promise<void> => {
      const text = JSON.stringify(hosts.ports.slice(0, upTo).map((port) => ({ address: '127.0.0.1', port })));
      await writeFile(join(dir, 'next'), text);
      await rename(join(dir, 'next'), join(dir, 'hosts', 'app.yaml'));
    };
    await writeFile(
      join(dir, 'config', 'mesh.yaml'),
      `stages:\n  - name: ${STAGE}\n    node: { cluster: shop }\n    target: { kind: dir, path: ${join(dir, 'live')} }\n`,
    );
    const snapshot = makeSnapshot(STAGE, [
      { ...edsCluster('app', CHECKED), discovery },
      route('main', 'app'),
      listener('web', rds('main')),
    ]);
    {
      await using target = dirTarget({ path: join(dir, 'live'), baseDir: dir });
      const held = await target.read();
      expect(await target.push(deliveryOf('beta-1', { snapshot }), held.version)).toMatchObject({ kind: 'pushed' });
    }
    const postgresql = stack.use(await startPostgresql());
    const placeOf = async (of: string): Promise<Place> => ({
      dir,
      name: of,
      port: await freePort(),
      adminPort: await freePort(),
    });
    const [placeA, placeB] = [await placeOf('a'), await placeOf('b')];
    const running = new Set<Serving>();
    stack.defer(async () => {
      for (const serving of running) await serving[Symbol.asyncDispose]();
    });
    const start = async (place: Place): Promise<Serving> => {
      const serving = await meshServe(place, postgresql.url, say);
      running.add(serving);
      return serving;
    };
    await name(6);
    let a = await start(placeA);
    let b = await start(placeB);

    const node = async (version: string, source: string, { port }: Place) => {
      const piece = { clusterManager: { upstreamBindConfig: { sourceAddress: { address: source, portValue: 0 } } } };
      const more = { delta: version === NEWEST, piece };
      return stack.use(await fleetNode(version, `envoy-${source}`, port, more));
    };
    const nodes = await Promise.all([
      node(OLDEST, AT_A[0] ?? '', placeA),
      node(NEWEST, AT_A[1] ?? '', placeA),
      node(OLDEST, AT_B[0] ?? '', placeB),
      node(NEWEST, AT_B[1] ?? '', placeB),
    ]);
    const stats = (of: string): Promise<number[]> =>
      Promise.all(
        nodes.map(async ({ admin }) =>
          Number((await admin(`/stats?filter=^cluster\\.app\\.${of}$`)).split(': ')[1] ?? Number.NaN),
        ),
      );
    const all = (of: string, wanted: readonly number[]) =>
      soon(`${of} ${wanted}`, async () => {
        const seen = await stats(of);
        if (JSON.stringify(seen) === JSON.stringify(wanted)) return seen;
        throw new Error(JSON.stringify({ seen, a: await a.ramp(), b: await b.ramp() }));
      });
    await all('membership_healthy', [6, 6, 6, 6]);
    // Workers are told of health a moment after it is counted: the first hosts of all are no matter of a ramp.
    await soon('the first hosts proved', async () => {
      const views = await Promise.all([a.ramp(), b.ramp()]);
      return views.every((view) => view?.served.every(({ onTrial }) => !onTrial)) || undefined;
    });
    const watching = new AbortController();
    const watched = (async () => {
      for (let before = ''; !watching.signal.aborted; await sleep(200)) {
        const seen = await Promise.all(['membership_total', 'membership_healthy', 'lb_healthy_panic'].map(stats));
        if (JSON.stringify(seen) !== before) say(`total, healthy, panic of each Envoy: ${JSON.stringify(seen)}`);
        before = JSON.stringify(seen);
      }
    })();
    stack.defer(async () => {
      watching.abort();
      await watched;
    });
    const doors = await Promise.all(nodes.map((one) => soon('a listener', () => one.portOf('web'))));
    expect(await stats('lb_healthy_panic')).toEqual([0, 0, 0, 0]);
    const requests = doors.map((port) => stack.use(traffic(async () => port, 50)));
    const served = async (serving: Serving, atLeast: number) => {
      const count = (await serving.ramp())?.served.length ?? 0;
      return count >= atLeast ? count : undefined;
    };

    // All at once, a third of 18 would be healthy before the first checks.
    await name(18);
    await soon('the first step', () => served(b, 7));
    await a.kill();
    running.delete(a);
    a = await start(placeA);
    await all('membership_total', [18, 18, 18, 18]);
    await all('membership_healthy', [13, 13, 13, 13]);
    const there = await soon('both there', async () => {
      const one = await same(a, b);
      return one?.stage === 'there' ? one : undefined;
    });
    expect(there.served).toHaveLength(18);
    expect(await stats('lb_healthy_panic')).toEqual([0, 0, 0, 0]);

    // Only Envoys of one control plane see these fail: of 34 they would see 13 healthy.
    await name(34);
    await soon('the next step', () => served(a, 19));
    await b.kill();
    running.delete(b);
    b = await start(placeB);
    const stuck = await soon('both know that no more are safe', async () => {
      const views = await Promise.all([a.ramp(), b.ramp()]);
      const reasons = views.map((view) => view?.waiting.find(({ kind }) => kind === 'no-room')?.text ?? '');
      if (reasons.every((text) => text.includes('envoy-127.0.0.4 sees') || text.includes('envoy-127.0.0.5 sees')))
        return await same(a, b);
      throw new Error(JSON.stringify(views));
    });
    expect(stuck.served.length).toBeGreaterThan(18);
    expect(stuck.served.length).toBeLessThanOrEqual(26);
    await all('membership_total', Array(4).fill(stuck.served.length));
    expect(await stats('lb_healthy_panic')).toEqual([0, 0, 0, 0]);
    expect(hosts.misled).toEqual([]);
    expect(requests.flatMap(({ seen }) => seen.failures)).toEqual([]);
    for (const { seen } of requests) expect(seen.asked).toBeGreaterThan(20);
    isWell = true;
  },
);
