import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { installed, type Packed, packed, ROOT } from './packed.ts';

const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';

let pack: Packed;
let project: string;
beforeAll(async () => {
  pack = await packed();
  project = await installed(pack);
  await rm(join(pack.dir, 'checkout'), { recursive: true }); // nothing may be found there
  await cp(join(ROOT, 'test/fixtures/mesh-small'), join(project, 'config'), { recursive: true });
});
afterAll(() => pack?.[Symbol.asyncDispose]());

const env = {
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
  MESHGATE_CACHE_DIR: cacheDirOf(process.env),
  DATABASE_URL: '',
};
async function mesh(...args: string[]) {
  const { exitCode, stdout, stderr } = await execa('npx', ['--no', '--', 'meshgate', ...args], {
    cwd: project,
    env,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

test('the package has what runs and what it reads, and neither sources nor tests', () => {
  const { files } = pack;
  expect(files.filter((file) => /\.tsx?$|\.test\.|fixtures|^(bench|tools|node_modules)\//.test(file))).toEqual([]);
  // The local Slack workspace is a part of `mesh demo`; nothing else of test/ is.
  expect(files.filter((file) => file.startsWith('dist/test/') && !file.startsWith('dist/test/slack/'))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      'package.json',
      'README.md',
      'npm-shrinkwrap.json',
      'dist/package-lock.json',
      'dist/cli/package-main.js',
      'dist/conformance/matrix/worker-main.js',
      'dist/conformance/launcher/envoy-pins.json',
      'dist/render/api/descriptors/envoy-1.40.binpb.br',
      'dist/cli/demo/mesh/mesh.yaml',
      'dist/test/slack/page/page.html',
      'dist/config/mesh.yaml',
      'dist/board/dist/index.html',
    ]),
  );
});

test('npx meshgate says its version, validates a mesh, and tells what a package does not have', async () => {
  expect(await mesh('--version')).toEqual({ exitCode: 0, stdout: '0.1.0', stderr: '' });
  expect(await mesh('validate')).toMatchObject({ exitCode: 0, stdout: 'validate: 2 stages, 0 errors, 0 warnings' });
  expect(await mesh('test')).toMatchObject({
    exitCode: 2,
    stderr: 'mesh: an installed package has no tests: run ./mesh test in a checkout',
  });
});

test('it proves a mesh on a real Envoy, in worker processes of its own', async () => {
  const cell = ['--stage', 'release', '--envoy', NEWEST, '--launcher', 'process', '--no-cache'];
  const { exitCode, stdout, stderr } = await mesh('verify', ...cell);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain('1 of 1 cells pass');
});

test('it serves a stage, and ends in order', async () => {
  await mkdir(join(project, 'served'));
  await writeFile(
    join(project, 'served/mesh.yaml'),
    'stages:\n  - name: beta\n    node: { cluster: small }\n    target: { kind: dir, path: live }\n',
  );
  const args = ['serve', '--config', 'served', '--stage', 'beta', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const serve = execa(join(project, 'node_modules/.bin/meshgate'), args, {
    forceKillAfterDelay: false,
    cwd: project,
    env,
    reject: false,
    all: true,
  });
  try {
    let said = '';
    serve.all.on('data', (chunk) => {
      said += String(chunk);
    });
    const admin = await pollUntil('the admin API', 60_000, new AbortController().signal, async () => {
      return /admin API at (\S+)/.exec(said)?.[1];
    });
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    expect((await fetch(`${admin}/readyz`)).status).toBe(503); // nothing was promoted yet
  } finally {
    serve.kill('SIGTERM');
  }
  expect((await serve).exitCode).toBe(143);
});

test('an old Node is told what it lacks, before anything is imported that it could not read', async () => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.11.0' })`;
  const { exitCode, stderr } = await execa(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(old)}`,
      join(project, 'node_modules/meshgate/dist/cli/package-main.js'),
      '--version',
    ],
    { reject: false },
  );
  expect(exitCode).toBe(2);
  expect(stderr).toContain('mesh: needs Node.js 24 or newer; this is ');
});
