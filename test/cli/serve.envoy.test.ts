import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import { XDS_TYPES } from '../../controlplane/xds/xds-types.ts';
import type { PolicyVersion, PromotionId, Revision } from '../../pipeline/ids.ts';
import { storeFleetView } from '../../pipeline/observe/store-fleet-view.ts';
import { openStore } from '../../pipeline/store/open-store.ts';
import { openTarget } from '../../pipeline/targets/open-target.ts';
import type { Target } from '../../pipeline/targets/target.ts';
import type { StageName } from '../../render/ids.ts';
import { makeSnapshot, type Snapshot } from '../../render/snapshot.ts';
import { fleetNode } from '../controlplane/serve/fleet-node.ts';
import { statusClient } from '../controlplane/status/status-client.ts';
import { edsCluster, endpoints, listener, rds, route, upstream } from '../controlplane/xds/small-mesh.ts';
import { layStore } from '../real/pglite-cluster.ts';

const ROOT = join(import.meta.dirname, '../..');
const STAGE = 'beta' as StageName;
const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const WITHIN_MS = 60_000;
const nothing = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, nothing, probe);

/** `mesh serve`, as a person starts it. Disposing kills it, if it still runs. */
async function meshServe(dir: string, listen: string, ...more: readonly string[]) {
  const args = ['cli/main.ts', 'serve', '--stage', STAGE, '--listen', listen, ...more];
  const env = { ...process.env, DATABASE_URL: '' };
  const child: ChildProcess = spawn(
    process.execPath,
    [...args, '--config', join(dir, 'config'), '--data', join(dir, 'data')],
    { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface(stream).on('line', (line) => lines.push(line));
  const exited = once(child, 'exit');
  const address = await soon('mesh serve listens', async () => {
    if (child.exitCode !== null) throw new Error(lines.join('\n'));
    return /^serving stage beta at ([\d.]+:\d+) from/.exec(lines[0] ?? '')?.[1];
  });
  return {
    address,
    port: Number(address.split(':')[1]),
    said: (pattern: RegExp) => soon(`said ${pattern}`, async () => lines.find((line) => pattern.test(line))),
    async end(signal: NodeJS.Signals) {
      child.kill(signal);
      return (await exited) as [number | null, NodeJS.Signals | null];
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exited;
      }
    },
  };
}

async function push(target: Target, snapshot: Snapshot, count: number): Promise<void> {
  const held = await target.read();
  const manifest = {
    format: 1,
    stage: STAGE,
    digest: snapshot.digest,
    revision: String(count).repeat(40) as Revision,
    policyVersion: 'p' as PolicyVersion,
    promotion: `beta-${count}` as PromotionId,
    direction: 'forward',
    by: ['unix:ada'],
    atIso: '2026-01-02T03:04:05.000Z',
  } as const;
  const result = await target.push({ manifest, snapshot }, held.version);
  expect(result.kind).toBe('pushed');
}

test('mesh serve: pushes arrive, kill -9 is not noticed by Envoys, and the target may go away and come back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mesh-serve-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(dir, { recursive: true, force: true }));
  const kept = join(dir, 'data', 'targets', 'mesh-live');
  await mkdir(join(dir, 'config'));
  await mkdir(join(dir, 'data', 'targets'), { recursive: true });
  await layStore(join(dir, 'data', 'store'));
  await writeFile(
    join(dir, 'config', 'mesh.yaml'),
    `stages:\n  - name: beta\n    node: { cluster: shop }\n    target: { kind: git, repository: mesh-live, branch: beta }\n`,
  );
  await using one = await upstream('one');
  await using two = await upstream('two');
  const web = listener('web', rds('main'), { statPrefix: 'web' });
  const served = (name: string, port: number): Snapshot =>
    makeSnapshot(STAGE, [edsCluster(name), endpoints(name, port), route('main', name), web]);
  await using target = await openTarget(
    { kind: 'git', repository: 'mesh-live', branch: 'beta' },
    { baseDir: join(dir, 'data', 'targets'), scratchDir: join(dir, 'data') },
  );
  const first = served('one', one.port);
  await push(target, first, 1);

  await using before = await meshServe(dir, '127.0.0.1:0');
  await using old = await fleetNode(OLDEST, 'old', before.port);
  await using recent = await fleetNode(NEWEST, 'recent', before.port);
  const nowEpochMs = () => Date.now();
  await using store = await openStore(
    { kind: 'pglite', dataDir: join(dir, 'data', 'store') },
    { clock: { nowEpochMs }, toolVersion: 'test' },
  );
  const view = storeFleetView(store, nowEpochMs);
  const allHave = (snapshot: Snapshot) =>
    soon(`all have ${snapshot.digest.slice(0, 12)}`, async () => {
      const nodes = await view.nodes(STAGE);
      const have = nodes.filter((node) => node.state === 'applied' && node.servedDigest === snapshot.digest);
      return have.length === 2 ? have.map(({ nodeId, envoyVersion }) => [nodeId, envoyVersion]) : undefined;
    });
  expect(await allHave(first)).toEqual([
    ['old', OLDEST],
    ['recent', NEWEST],
  ]);

  const ports = await Promise.all([old, recent].map((node) => soon('listener', () => node.portOf('web'))));
  const answers = new Map<string, number>();
  let going = true;
  const traffic = Promise.all(
    ports.map(async (port) => {
      while (going) {
        const answer = await fetch(`http://127.0.0.1:${port}/`).then(
          async (response) => `${response.status} ${await response.text()}`,
          (error: unknown) => `failed: ${String(error)}`,
        );
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        await turn();
      }
    }),
  );
  cleanup.defer(async () => {
    going = false;
    await traffic;
  });
  const answered = (body: string) => soon(body, async () => answers.get(`200 ${body}`));
  await answered('one');

  expect(await before.end('SIGKILL')).toEqual([null, 'SIGKILL']);
  const second = served('two', two.port);
  await push(target, second, 2);
  await using after = await meshServe(dir, before.address, '--csds', '127.0.0.1:0');
  await allHave(second);
  await answered('two');

  // Tools that speak CSDS are told the same, at the place that it names to whoever starts it.
  const csds = await after.said(/^client status \(CSDS\) at 127\.0\.0\.1:\d+$/);
  using tool = statusClient(Number(csds.split(':').at(-1)));
  const told = await tool.fetch();
  const clusters = told.map(({ node, genericXdsConfigs = [] }) => [
    node.id,
    genericXdsConfigs.flatMap(({ typeUrl, name, configStatus, clientStatus }) =>
      typeUrl === XDS_TYPES.CDS ? [[name, configStatus, clientStatus]] : [],
    ),
  ]);
  expect(clusters.sort()).toEqual(['old', 'recent'].map((id) => [id, [['two', 'SYNCED', 'ACKED']]]));

  await rename(kept, `${kept}-gone`);
  await after.said(/(cannot be read|nothing was delivered|foreign).*; [0-9a-f]{12} is served on/);
  await using late = await fleetNode(NEWEST, 'late', after.port);
  await soon('a new Envoy is served while the target is gone', () => late.portOf('web'));
  await rm(kept, { recursive: true, force: true });
  await rename(`${kept}-gone`, kept);
  await after.said(/is as it should be/);
  const third = served('one', one.port);
  await push(target, third, 3);
  await soon('all three have it', async () => {
    const nodes = await view.nodes(STAGE);
    return (
      nodes.filter((node) => node.state === 'applied' && node.servedDigest === third.digest).length === 3 || undefined
    );
  });
  expect([...answers.keys()].sort()).toEqual(['200 one', '200 two']);
  expect(await after.end('SIGTERM')).toEqual([143, null]);
}, 240_000);
