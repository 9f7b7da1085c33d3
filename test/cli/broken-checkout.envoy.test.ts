import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { inProcess } from '../e2e/in-process.ts';
import { sandbox } from '../e2e/sandbox.ts';

const meshYaml = `
branch: live
access:
  people:
    ada: { unix: [${userInfo().username}], emails: [ada@mesh.example] }
stages:
  - name: beta
    envoy: ["1.40.0"]
    node: { cluster: small-beta }
    target: { kind: git, repository: live, branch: beta }
`;

test('stop, from a checkout whose mesh.yaml cannot be read: the protected branch is still the one that it was', async () => {
  await using box = await sandbox({ withEnvoys: false });
  const config = await box.mesh('config', { 'mesh.yaml': meshYaml, checks: null });
  const git = (...args: string[]) => execa('git', args, { cwd: config });
  const commit = async (message: string) => {
    await git('add', '.');
    await git('-c', 'user.name=Dan', '-c', 'user.email=dan@mesh.example', 'commit', '--quiet', '-m', message);
  };
  await git('init', '--quiet', '--initial-branch=live');
  await commit('the mesh');
  // Whoever may write to another branch is nobody's release manager for it.
  await git('branch', 'main');
  await writeFile(join(config, 'mesh.yaml'), 'stages: 7\n');
  await commit('broken');
  const env = { ...box.env, MESHGATE_DATA_DIR: join(box.dir, 'data'), PATH: process.env.PATH ?? '' };
  const stopped = await inProcess(['stop', 'because', 'it', 'burns'], { cwd: box.dir, env });
  expect(stopped, stopped.stderr).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('ada stopped all stages: it burns') as string,
  });
  const status = await inProcess(['status'], { cwd: box.dir, env });
  expect(status).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/the mesh\.yaml at the head of branch live .* has errors: mesh\.yaml:1:/) as string,
  });
}, 120_000);
