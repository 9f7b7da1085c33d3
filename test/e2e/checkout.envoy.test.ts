import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NEWEST, ROOT, type Sandbox, sandbox } from './sandbox.ts';

let box: Sandbox;
let checkout: string;
beforeAll(async () => {
  box = await sandbox();
  checkout = join(box.dir, 'a clone (of mine)');
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    await mkdir(dirname(join(checkout, file)), { recursive: true });
    await cp(join(ROOT, file), join(checkout, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // deleted, but not yet in the index
    });
  }
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: checkout });
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'all');
  // Set up already, without the minute that npm takes: the packages of this checkout, one link each.
  const modules = join(checkout, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(ROOT, 'node_modules')))
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  const { stdout: stamp } = await execa('cksum', { inputFile: join(checkout, 'package-lock.json') });
  await execa('rm', ['-f', join(modules, '.meshgate-setup')]);
  await writeFile(join(modules, '.meshgate-setup'), `${stamp}\n`);
});
afterAll(() => box[Symbol.asyncDispose]());

test('a clone with spaces in its path works from anywhere, through a link, and stays clean', async () => {
  const link = join(box.dir, 'mesh link');
  await symlink(join(checkout, 'mesh'), link);
  const mesh = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await execa(link, args, { cwd: box.temp, env: box.env, reject: false });
    return { exitCode, stdout, stderr };
  };
  const verify = [
    'verify',
    '--stage',
    'beta',
    '--envoy',
    NEWEST,
    '--launcher',
    'process',
    '--check',
    'the edge is alive',
  ];
  const proved = await mesh(...verify);
  expect(proved).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 of 1 cells pass') as string });
  expect(proved.stderr).not.toContain('npm');
  expect((await mesh('render', '--stage', 'release')).stdout).toContain('stage: release');
  const drone = await execa(join(checkout, 'mesh'), ['drone', '--check'], {
    cwd: checkout,
    env: box.env,
    reject: false,
  });
  expect([drone.exitCode, drone.stdout]).toEqual([0, '.drone.yml: current']);
  const tests = await mesh('test', 'test/architecture/tracked-files.test.ts');
  expect([tests.exitCode, tests.stdout.split('\n').at(-1)]).toEqual([
    0,
    expect.stringMatching(/^\d+ passed, 0 failed/),
  ]);
  const { stdout: changes } = await execa('git', ['status', '--porcelain'], { cwd: checkout });
  expect(changes).toBe('');
  expect(await readFile(join(checkout, '.drone.yml'), 'utf8')).toBe(await readFile(join(ROOT, '.drone.yml'), 'utf8'));
});
