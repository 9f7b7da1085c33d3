import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { endVerification } from '../../pipeline/engine/verification/verification-rows.ts';
import { workerSeen } from '../../pipeline/engine/workers.ts';
import type { VerificationId } from '../../pipeline/ids.ts';
import { openStore } from '../../pipeline/store/open-store.ts';
import { layStore } from '../real/pglite-cluster.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const meshYaml = `
branch: main
access:
  people:
    ada: { unix: [${userInfo().username}], emails: [ada@mesh.example] }
stages:
  - name: beta
    envoy: ["1.40.0"]
    node: { cluster: small-beta }
    target: { kind: git, repository: live, branch: beta }
`;

let dir: string;
beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'mesh-words-')));
  await cp(resolve(import.meta.dirname, '../fixtures/mesh-small'), join(dir, 'config'), { recursive: true });
  await rm(join(dir, 'config/checks'), { recursive: true });
  await writeFile(join(dir, 'config/mesh.yaml'), meshYaml);
  const git = (...args: string[]) => execa('git', args, { cwd: join(dir, 'config') });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('-c', 'user.name=Dan', '-c', 'user.email=dan@mesh.example', 'commit', '--quiet', '-m', 'the mesh');
  await layStore(join(dir, 'data', 'store'));
});
afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));

/** A process of its own, on the embedded store that it hosts itself or finds hosted. */
const mesh = (...args: string[]) =>
  execa(process.execPath, [MAIN, ...args], {
    cwd: dir,
    reject: false,
    stdin: 'ignore',
    env: { DATABASE_URL: '', MESHGATE_DATA_DIR: join(dir, 'data') },
  });

const hosted = () =>
  openStore(
    { kind: 'pglite', dataDir: join(dir, 'data', 'store') },
    { clock: { nowEpochMs: () => Date.now() }, toolVersion: 'test' },
  );

test('0 is done or shown, 1 refused, 2 that nobody could tell or that it is no command; stdout is the answer alone', async () => {
  const asked = await mesh('promote', 'beta', 'because', 'it', 'is', 'the', 'first');
  expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^beta-1/) as string });
  expect(asked.stderr).toContain('no worker runs');
  // It hosted the store itself; from here on this process does, as a worker would.
  await using _store = await hosted();
  const why = await mesh('why', 'beta-1', '--json');
  expect([why.exitCode, why.stderr, JSON.parse(why.stdout)]).toMatchObject([
    0,
    '',
    { exitCode: 0, kind: 'shown', promotion: 'beta-1' },
  ]);
  const refused = await mesh('approve', 'beta-9', '--json');
  expect([refused.exitCode, JSON.parse(refused.stdout)]).toMatchObject([
    1,
    { exitCode: 1, kind: 'refused', findings: [{ rule: 'unknown-promotion' }] },
  ]);
  expect((await mesh('reject', 'beta-1')).exitCode).toBe(1);
  expect((await mesh('reject')).exitCode).toBe(2);
  const refusals = (await mesh('audit', 'export')).stdout.split('\n').map((line) => JSON.parse(line).subject.kind);
  expect(refusals.filter((kind) => kind === 'refusal')).toHaveLength(2);
});

test('verify REV without a worker is no pass and waits for nobody; with one, it waits for the end', async () => {
  await using store = await hosted();
  const lonely = await mesh('verify', 'main');
  expect(lonely).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/^verify:1: /) as string });
  expect(lonely.stderr).toContain('no worker runs');
  expect(await mesh('verify', 'main', '--no-cache')).toMatchObject({ exitCode: 2 });
  // A worker that is there, and takes its time.
  await workerSeen(store, 'a worker', Date.now() + 600_000);
  const waiting = mesh('verify', 'main', '--json');
  await new Promise<void>((told, ended) => {
    waiting.stderr.on('data', (text) => String(text).includes('waits for a worker') && told());
    void waiting.then(({ stderr, stdout }) => ended(new Error(`it did not wait: ${stderr}${stdout}`)));
  });
  const end = { verdict: 'fail', message: undefined, findings: [], atEpochMs: 1 } as const;
  await endVerification(store, 'verify:1' as VerificationId, end);
  const { exitCode, stdout } = await waiting;
  expect([exitCode, JSON.parse(stdout)]).toMatchObject([
    1,
    { exitCode: 1, title: expect.stringMatching(/fails$/) as string },
  ]);
});
