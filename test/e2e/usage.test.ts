import { readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Answer, inProcess } from './in-process.ts';
import { type Sandbox, SMALL_MESH, sandbox } from './sandbox.ts';

// No Envoy runs here, but the whole command does, several times a test, and a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

let box: Sandbox;
let good: string;
beforeAll(async () => {
  box = await sandbox({ withEnvoys: false });
  good = await box.mesh('good');
});
afterAll(() => box[Symbol.asyncDispose]());

const run = (args: readonly string[], isTTY = false): Promise<Answer> =>
  inProcess(args, { cwd: box.dir, env: box.env, isTTY });

const COMMANDS = ['verify', 'validate', 'render', 'diff', 'drone', 'promote', 'why', 'worker', 'bot', 'setup', 'test'];

test('mesh diff has colours where a person looks, and nowhere else', async () => {
  const dir = await box.mesh('slower');
  await replace(dir, 'timeout: 2s', 'timeout: 3s');
  const diff = ['diff', '--config', dir, '--stage', 'beta', '--from', good];
  const { exitCode, stdout } = await run(diff);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('timeout');
  expect(stdout).not.toContain('\u001b');
  const { stdout: painted } = await inProcess(diff, { cwd: box.dir, isTTY: true });
  expect(painted).toContain('\u001b[');
  const { stdout: plain } = await inProcess(diff, { cwd: box.dir, env: { NO_COLOR: '1' }, isTTY: true });
  expect(plain).toBe(stdout);
});

test('--help names every command, and each command its options', async () => {
  const { exitCode, stdout } = await run(['--help']);
  expect(exitCode).toBe(0);
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  expect(stdout.split('\n').length).toBeLessThan(60);
  for (const command of COMMANDS) {
    const help = await run([command, '--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain(`Usage: mesh ${command}`);
  }
});

describe('wrong usage is exit code 2, and says what is allowed', () => {
  test.each([
    [['verfy'], "unknown command 'verfy'"],
    [['verify', '--stag', 'beta'], "unknown option '--stag'"],
    [['verify', '--launcher', 'podman'], 'use auto, docker, process'],
    [['verify', '--jobs', '0'], 'use a whole number from 1 on'],
    [['verify', '--stage', 'bta'], 'it has beta, release'],
    [['validate', '--stage', 'bta'], 'it has beta, release'],
    [['verify', '--envoy', '1.38'], 'write it like 1.38.3'],
    [['verify', '--envoy', 'v1.38.3'], 'write it like 1.38.3'],
    [['verify', '--check', 'the app answer'], 'did you mean the app answers?'],
    [['verify', '--check', 'zzz'], 'told.sh'],
    [['verify', '--live', 'no-such-thing'], 'no-such-thing: no directory of that name, and no revision'],
    [['render'], "required option '--stage <name>'"],
    [['render', '--stage', 'beta', '--format', 'toml'], 'use yaml or json'],
    [['diff', '--stage', 'beta'], 'want --stage NAME --from REV|DIR'],
  ])('mesh %j: %s', async (args, words) => {
    const config = args[0] === 'verfy' ? [] : ['--config', good];
    const { exitCode, stdout, stderr } = await run([...args, ...config]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test('--config has to be a directory that is there', async () => {
    for (const command of ['verify', 'validate', 'drone']) {
      expect(await run([command, '--config', 'nowhere'])).toMatchObject({
        exitCode: 2,
        stderr: 'mesh: --config nowhere: no such directory\n',
      });
      const file = await run([command, '--config', join(good, 'mesh.yaml')]);
      expect(file.exitCode).toBe(2);
      expect(file.stderr).toContain('not a directory; name the directory that holds mesh.yaml');
    }
  });
});

describe('--json prints JSON on stdout and nothing else', () => {
  const json = async (args: readonly string[]) => {
    const { exitCode, stdout } = await run([...args, '--json']);
    return { exitCode, answer: JSON.parse(stdout) as Record<string, unknown> };
  };
  test('when the command has its answer', async () => {
    const config = ['--config', good];
    expect(await json(['validate', ...config])).toMatchObject({
      exitCode: 0,
      answer: { verdict: 'pass', exitCode: 0 },
    });
    expect(await json(['render', ...config, '--stage', 'beta'])).toMatchObject({
      exitCode: 0,
      answer: { stage: 'beta' },
    });
    expect(await json(['diff', ...config, '--stage', 'beta', '--from', SMALL_MESH])).toMatchObject({
      exitCode: 0,
      answer: { exitCode: 0, stage: 'beta' },
    });
    expect(await json(['drone', ...config, '--output', 'a.yml'])).toMatchObject({
      exitCode: 0,
      answer: { state: 'written', exitCode: 0 },
    });
    expect(await json(['drone', ...config, '--output', 'a.yml', '--check'])).toMatchObject({
      answer: { state: 'current' },
    });
    expect(await json(['drone', ...config, '--output', 'b.yml', '--check'])).toMatchObject({
      exitCode: 1,
      answer: { state: 'not current', exitCode: 1 },
    });
  });

  test('when it finds something', async () => {
    const dir = await box.mesh('broken', {
      'routes.yaml': '- name: web\n  virtual_hosts: [\n',
      'mesh.yaml': 'stages: 5\n',
    });
    const resources = await box.mesh('tab', { 'clusters.yaml': '- name: app\n\ttype: EDS\n' });
    for (const command of ['verify', 'validate', 'drone']) {
      const { exitCode, answer } = await json([command, '--config', dir]);
      expect([command, exitCode, answer.exitCode]).toEqual([command, 1, 1]);
      expect(JSON.stringify(answer.findings)).toContain('mesh.yaml');
    }
    const render = await json(['render', '--config', resources, '--stage', 'beta']);
    expect(render).toMatchObject({
      exitCode: 1,
      answer: { exitCode: 1, findings: [{ at: { file: 'clusters.yaml', line: 2 } }] },
    });
    const diff = await json(['diff', '--config', good, '--stage', 'beta', '--from', resources]);
    expect(diff).toMatchObject({ exitCode: 1, answer: { refused: [{ name: resources, findings: [{}] }] } });
  });

  test('when it could not tell', async () => {
    const wrong = [
      ['verify', '--config', good, '--stage', 'bta'],
      ['validate', '--config', 'nowhere'],
      ['render', '--config', good],
      ['diff', '--config', good, '--stage', 'beta', '--from', 'nowhere'],
      ['drone', '--config', good, '--output', 'no/such/folder/.drone.yml'],
      ['setup', '--no-such-option'],
    ];
    for (const args of wrong) {
      const { exitCode, answer } = await json(args);
      expect([args, exitCode, answer]).toEqual([args, 2, { exitCode: 2, error: expect.stringMatching(/\w/) }]);
    }
  });
});

describe('input that no config should have is exit code 1 with a place', () => {
  const ROWS: readonly [string, RegExp, (dir: string) => Promise<unknown>][] = [
    [
      'a tab',
      /^clusters\.yaml:2:2 .*tabs/m,
      (dir) => writeFile(join(dir, 'clusters.yaml'), '- name: a\n\ttype: EDS\n'),
    ],
    ['a duplicate key', /^routes\.yaml:2:1 .*/m, (dir) => writeFile(join(dir, 'routes.yaml'), 'name: a\nname: b\n')],
    ['an anchor bomb', /^clusters\.yaml:\d+:\d+ /m, (dir) => writeFile(join(dir, 'clusters.yaml'), BOMB)],
    [
      '50 MB',
      /^clusters\.yaml:1:1 .*file-too-large|^clusters\.yaml:1:1 /m,
      (dir) => truncate(join(dir, 'clusters.yaml'), 50 * 1024 * 1024),
    ],
    [
      'bytes that are not UTF-8',
      /^routes\.yaml:\d+:\d+ .*UTF-8/m,
      (dir) => writeFile(join(dir, 'routes.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff])),
    ],
    [
      'a symlink loop',
      /^listeners:1:1 .*symlink-loop|symlink-loop/m,
      async (dir) => {
        await rm(join(dir, 'listeners.yaml'));
        await symlink('.', join(dir, 'listeners'));
      },
    ],
    [
      'a path outside',
      /path-outside-config/m,
      async (dir) => {
        await rm(join(dir, 'routes.yaml'));
        await symlink('/etc/hosts', join(dir, 'routes.yaml'));
      },
    ],
    [
      'an unknown value',
      /^routes\.yaml:6:\d+ .*values\.no\.such/m,
      (dir) => replace(dir, 'timeout: 2s', 'timeout: "${values.no.such}"'),
    ],
  ];
  test.each(ROWS)('%s', async (name, place, spoil) => {
    const dir = await box.mesh(`input ${name}`);
    await spoil(dir);
    for (const command of ['validate', 'verify']) {
      const { exitCode, stdout } = await run([command, '--config', dir]);
      expect([command, exitCode]).toEqual([command, 1]);
      expect(stdout).toMatch(command === 'validate' ? place : /✘ fail/);
      // What is missing because a file could not be read is not reported as missing.
      if (name === 'a tab' && command === 'validate') expect(stdout).toContain('2 stages, 1 error, 0 warnings');
    }
  });
});

const BOMB = `a: &a [1,1,1,1,1,1,1,1,1,1]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefghij'[index]}`).join()}]`).join('\n')}\n`;

async function replace(dir: string, from: string, to: string): Promise<void> {
  const file = join(dir, 'routes.yaml');
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}
