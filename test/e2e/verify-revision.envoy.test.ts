import { execa } from 'execa';
import { expect, test } from 'vitest';
import { layStore } from '../real/pglite-cluster.ts';
import { NEWEST, sandbox } from './sandbox.ts';

const meshYaml = `
branch: main
stages:
  - name: beta
    envoy: ["${NEWEST}"]
    node: { cluster: small-beta }
    target: { kind: git, repository: live, branch: beta }
`;

/** The words and the worker are processes of their own, as people run them; the one cell is a real Envoy. */
test('verify REV: a worker proves it on a real Envoy, and whoever asked is told that it passes', async () => {
  await using box = await sandbox();
  const config = await box.mesh('config', { 'mesh.yaml': meshYaml, checks: null });
  const git = (...args: string[]) => execa('git', args, { cwd: config });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('-c', 'user.name=Dan', '-c', 'user.email=dan@mesh.example', 'commit', '--quiet', '-m', 'the mesh');
  const options = { env: { DATABASE_URL: '', MESHGATE_DATA_DIR: `${box.dir}/data` } };
  await layStore(`${box.dir}/data/store`);
  const worker = box.start(['worker'], options);
  try {
    await new Promise<void>((runs, ended) => {
      worker.stdout?.on('data', (text) => String(text).includes('worker: runs jobs') && runs());
      void worker.then(({ stderr }) => ended(new Error(`the worker ended: ${String(stderr)}`)));
    });
    const said = await box.run(['verify', 'main', '--json'], options);
    expect([said.exitCode, JSON.parse(said.stdout)], said.stderr).toMatchObject([
      0,
      {
        exitCode: 0,
        verification: 'verify:1',
        title: expect.stringMatching(/passes in every stage$/) as string,
        blocks: expect.arrayContaining([
          {
            kind: 'table',
            rows: [
              ['stage', 'Envoy', 'verdict'],
              ['beta', NEWEST, 'pass'],
            ],
          },
        ]) as unknown[],
      },
    ]);
    // It is stored: whoever asks later has the same answer.
    const again = await box.run(['why', 'verify:1'], options);
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('passes in every stage') as string });
  } finally {
    worker.kill('SIGTERM');
    await worker;
  }
  expect(await box.leftovers()).toEqual([]);
}, 180_000);
