import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTarget } from '../../../pipeline/targets/open-target.ts';
import { TargetError } from '../../../pipeline/targets/target.ts';
import { targetContract } from './target-contract.ts';
import type { Place, Store } from './target-store.ts';

let base: string;
let scratchDir: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'meshgate-remote-'));
  scratchDir = await mkdtemp(join(tmpdir(), 'meshgate-scratch-'));
});
afterAll(async () => {
  await rm(base, { recursive: true, force: true });
  await rm(scratchDir, { recursive: true, force: true });
});

let count = 0;
const makeBare = async (name: string): Promise<string> => {
  await execa('git', ['init', '--quiet', '--bare', join(base, name)]);
  return join(base, name);
};
const placeAt = (path: string, branch: string): Place => ({
  target: { kind: 'git', repository: pathToFileURL(path).href, branch },
  options: { baseDir: '/nowhere', scratchDir },
});
const pathOf = ({ target }: Place): string => (target.kind === 'git' ? new URL(target.repository).pathname : '');

async function editByHand(place: Place, edit: (work: string) => Promise<void>): Promise<void> {
  const work = await mkdtemp(join(base, 'work-'));
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=Eve', '-c', 'user.email=eve@localhost', '-C', work, ...args]);
  await execa('git', ['clone', '--quiet', '--branch', 'beta', pathOf(place), work]);
  await edit(work);
  await git('commit', '--quiet', '--all', '--message', 'by hand');
  await git('push', '--quiet', 'origin', 'HEAD:refs/heads/beta');
}

const store: Store = {
  secrets: [],
  async place() {
    count += 1;
    return placeAt(await makeBare(`live-${count}.git`), 'beta');
  },
  removeManifest: (place) => editByHand(place, (work) => rm(join(work, 'manifest.json'))),
  editClusters: (place, edit) =>
    editByHand(place, async (work) => {
      const file = join(work, 'clusters.json');
      await writeFile(file, edit(await readFile(file, 'utf8')));
    }),
  takeAway: (place) => rename(pathOf(place), `${pathOf(place)}.gone`),
  bringBack: (place) => rename(`${pathOf(place)}.gone`, pathOf(place)),
  async hostilePlaces() {
    const path = await makeBare('hostile.git');
    return ['-d', '--force', 'a b', '../up', 'a..b', '+x', 'a:b', 'ü/…', '$(touch x)'].map((branch) =>
      placeAt(path, branch),
    );
  },
};

targetContract('git', () => store);

test('the copy that is read from goes when the target is disposed', async () => {
  const before = await readdir(scratchDir);
  const { target, options } = await store.place();
  const opened = await openTarget(target, options);
  await opened.read();
  expect((await readdir(scratchDir)).length).toBe(before.length + 1);
  await opened[Symbol.asyncDispose]();
  expect(await readdir(scratchDir)).toEqual(before);
});

test('the directory for that copy need not be there yet', async () => {
  const { target, options } = await store.place();
  await using opened = await openTarget(target, { ...options, scratchDir: join(scratchDir, 'data/scratch') });
  expect(await opened.read()).toMatchObject({ kind: 'empty' });
});

test('a token goes to the server as a header, and nowhere else', async () => {
  const token = 'ghp_tOp/Secret+0123';
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(403, { 'content-type': 'text/plain' }).end(`no entry for ${request.headers.authorization}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const at = `127.0.0.1:${port}/mesh.git`;
    for (const [repository, gitToken] of [
      [`http://${at}`, token],
      [`http://deploy@${at}`, token],
      [`http://deploy:${encodeURIComponent(token)}@${at}`, undefined],
    ] as const) {
      const target = await openTarget(
        { kind: 'git', repository, branch: 'beta' },
        { baseDir: '/', scratchDir, secrets: { gitToken } },
      );
      const error = await target.read().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TargetError);
      const told = inspect([error, target.name], { depth: 9, showHidden: true });
      const login = Buffer.from(`${repository.includes('deploy') ? 'deploy' : 'meshgate'}:${token}`).toString('base64');
      for (const secret of [token, encodeURIComponent(token), login]) expect(told).not.toContain(secret);
      expect(asked.at(-1)).toBe(`Basic ${login}`);
      await target[Symbol.asyncDispose]();
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each(['ext::sh -c "touch /tmp/x"', 'ext://x', 'fd://3'])('%s runs nothing', async (repository) => {
  const target = await openTarget(
    { kind: 'git', repository, branch: 'beta' },
    { baseDir: base, scratchDir, init: false },
  );
  await expect(target.read()).rejects.toThrow(TargetError);
});
