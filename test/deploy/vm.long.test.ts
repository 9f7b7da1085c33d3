import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { followPage } from '../docs/follow-page.ts';
import { NODE_IMAGE, nodeImage, vmImage } from '../real/local-images.ts';
import { packed, ROOT } from '../tools/package/packed.ts';

const LONG_MS = 30 * 60_000;
/** Asks the sidecar's listener until it is killed, and writes what went wrong: a program of the machine, beside what the page does. */
const LOAD = `
const http = require('node:http'), fs = require('node:fs');
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
let good = 0; const bad = [];
const say = () => { fs.writeFileSync('/tmp/load.new', JSON.stringify({ good, bad })); fs.renameSync('/tmp/load.new', '/tmp/load.json'); };
const one = () => new Promise((resolve) => {
  const asked = http.get({ host: '127.0.0.1', port: 10000, path: '/Dockerfile', agent }, (response) => {
    response.resume().on('end', () => { response.statusCode === 200 ? good++ : bad.push(response.statusCode); resolve(); });
  });
  asked.on('error', (error) => asked.reusedSocket && error.code === 'ECONNRESET' ? one().then(resolve) : (bad.push(error.code), resolve()));
});
for (let lane = 0; lane < 4; lane++) (async () => { for (;;) { await one(); await new Promise((next) => setTimeout(next, 20)); say(); } })();
`;

let machine: string;
const inside = (command: string, options: object = {}) =>
  execa('docker', ['exec', '--interactive', '--workdir', '/root', machine, 'bash', '-c', command], {
    reject: false,
    all: true,
    ...options,
  });

beforeAll(async () => {
  const node = NODE_IMAGE.exec(readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8'))?.[1] ?? '';
  await nodeImage(node);
  const image = await vmImage(node);
  await using pack = await packed();
  const envoy = await envoyBinaries({ cacheDir: cacheDirOf(process.env) })('1.40.0' as EnvoyVersion);
  const cache = ['--volume', `${join(homedir(), '.npm')}:/root/.npm`, '--env', 'NPM_CONFIG_PREFER_OFFLINE=true'];
  const first = [
    '--cap-add',
    'SYS_ADMIN',
    '--security-opt',
    'seccomp=unconfined',
    '--security-opt',
    'apparmor=unconfined',
    '--cgroupns',
    'private',
  ];
  const memory = ['--tmpfs', '/run', '--tmpfs', '/run/lock', '--tmpfs', '/tmp:exec', '--env', 'container=docker'];
  const { stdout } = await execa('docker', ['run', '--detach', ...first, ...memory, ...cache, image]);
  machine = stdout.trim();
  await execa('docker', ['cp', pack.tarball, `${machine}:/root/${basename(pack.tarball)}`]);
  await execa('docker', ['cp', envoy, `${machine}:/usr/local/bin/envoy`]);
  await pollUntil('systemd is up', 120_000, new AbortController().signal, async () => {
    const { all } = await inside('systemctl is-system-running');
    return all === 'running' || undefined;
  });
  // What pip would fetch.
  const wheels = '/var/cache/private/meshgate/wheels';
  await execa('docker', ['exec', machine, 'mkdir', '--parents', wheels]);
  await execa('docker', ['cp', dirname(dirname(dirname(envoy))), `${machine}:${wheels}/`]);
}, LONG_MS);
afterAll(async () => {
  if (machine) await execa('docker', ['rm', '--force', '--volumes', machine]);
}, LONG_MS);

test(
  'the page is followed word by word, and a hot restart under traffic fails no request',
  async () => {
    await followPage('docs/production/vm.md', {
      async write(path, text) {
        await inside(`mkdir -p ${dirname(path)} && cat > ${path}`, { input: text });
      },
      async type(command) {
        if (command.startsWith('systemctl reload')) {
          await execa('docker', ['exec', '--detach', machine, 'node', '-e', LOAD]);
          await inside('until [ -s /tmp/load.json ]; do sleep 0.2; done');
        }
        // Out of traffic is the person's business before anything is stopped.
        if (command.startsWith('systemctl stop web')) await loadWasWell();
        const { exitCode, all } = await inside(command, { timeout: 300_000 });
        const journal = exitCode === 0 ? '' : (await inside('journalctl --no-pager --lines 60')).all;
        return { exitCode, printed: String(all), trouble: `${all}\n${journal}` };
      },
    });
  },
  LONG_MS,
);

async function loadWasWell(): Promise<void> {
  // The old epoch has drained and ended, too.
  await inside('until journalctl --unit meshgate-sidecar@web | grep -q "epoch 0 ended"; do sleep 0.5; done', {
    timeout: 120_000,
  });
  // In brackets, or it would find the shell that asks, too.
  const { stdout } = await inside("pkill -f 'reused[S]ocket'; cat /tmp/load.json");
  const { good, bad } = JSON.parse(String(stdout)) as { readonly good: number; readonly bad: readonly unknown[] };
  expect(good).toBeGreaterThan(20);
  expect(bad).toEqual([]);
}

test(
  'each unit is well-formed, and exposes little',
  async () => {
    for (const unit of ['meshgate-worker', 'meshgate-bot', 'meshgate-serve@beta', 'meshgate-sidecar@web']) {
      expect((await inside(`systemd-analyze verify ${unit}.service`)).all).toBe('');
      const { all } = await inside(`systemd-analyze security --threshold=20 ${unit}.service | tail -n 1`);
      expect(Number(/: (\d+\.\d+) /.exec(String(all))?.[1])).toBeLessThanOrEqual(2);
    }
  },
  LONG_MS,
);
