import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followPage, writeBelow } from '../docs/follow-page.ts';
import { NODE_IMAGE, nodeImage } from '../real/local-images.ts';
import { ROOT } from '../tools/package/packed.ts';

const LONG_MS = 30 * 60_000;

let dir: string;
/** The containers of the page have names: what an earlier run left must not be met. */
const tidy = async (): Promise<void> => {
  await execa('docker', ['rm', '--force', '--volumes', 'mesh-serve', 'mesh-envoy'], { reject: false });
  await execa('docker', ['volume', 'rm', '--force', 'mesh-data'], { reject: false });
};

beforeAll(async () => {
  await nodeImage(NODE_IMAGE.exec(readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8'))?.[1] ?? '');
  dir = await mkdtemp(join(tmpdir(), 'meshgate-docker-'));
  await chmod(dir, 0o755);
  await tidy();
  // What is tracked, and nothing that lies about in the checkout.
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  for (const file of stdout
    .split('\0')
    .filter((name) => name !== '' && !/^(docs|bench|config|test\/(?!slack))\b/.test(name))) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await cp(join(ROOT, file), join(dir, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // deleted, but not yet in the index
    });
  }
}, LONG_MS);
afterAll(async () => {
  await tidy();
  await rm(dir, { recursive: true, force: true });
}, LONG_MS);

test(
  'the page is followed word by word: the image is built, serves, and a sidecar is waited for and drained',
  async () => {
    // The page's commands with what only this machine needs: its network while building, and the builder that every Docker has.
    const env = { DOCKER_BUILDKIT: '0', BASH_ENV: await shellOf(dir) };
    await followPage('docs/production/docker.md', {
      write: (path, text) => writeBelow(dir, path, text),
      async type(command) {
        const options = { cwd: dir, reject: false, env, timeout: 15 * 60_000 } as const;
        const { exitCode, stdout, stderr } = await execa('bash', ['-c', command], options);
        return { exitCode, printed: stdout, trouble: stderr };
      },
    });
    expect(await readFile(join(dir, 'bootstrap.yaml'), 'utf8')).toContain('shop-beta');
  },
  LONG_MS,
);

/** `docker build` of this machine may reach package registries only by the network of the host. */
async function shellOf(place: string): Promise<string> {
  const file = join(place, '.bash-env');
  await writeFile(
    file,
    'docker() { if [ "$1" = build ]; then shift; command docker build --network host "$@"; else command docker "$@"; fi; }\n',
  );
  return file;
}
