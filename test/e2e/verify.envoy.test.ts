import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { MatrixResult } from '../../conformance/report/matrix-result.ts';
import type { PublishedCell } from '../../conformance/report/report-json.ts';
import { MESH, type Sandbox, sandbox } from './sandbox.ts';

type Published = Omit<MatrixResult, 'cells'> & { readonly cells: readonly PublishedCell[] };
const PROCESS = ['--launcher', 'process'];
const ids = (stdout: string): string[] => (JSON.parse(stdout) as Published).cells.map(({ id }) => id);

let box: Sandbox;
beforeAll(async () => {
  box = await sandbox();
});
afterEach(async () => {
  expect(await box.leftovers()).toEqual([]);
});
afterAll(() => box[Symbol.asyncDispose]());

test('a good mesh passes, is reported, and is recalled when nothing has changed', async () => {
  const dir = await box.mesh('good');
  const verify = ['verify', '--config', dir, ...PROCESS];
  const first = await box.run([...verify, '--report', 'report']);
  expect(first).toMatchObject({ exitCode: 0 });
  expect(first.stdout).toContain('3 of 3 cells pass');
  expect(first.stderr).toContain('launcher process: asked for');
  expect(XMLValidator.validate(await readFile(join(box.dir, 'report/junit.xml'), 'utf8'))).toBe(true);
  expect(await readFile(join(box.dir, 'report/summary.md'), 'utf8')).toContain('beta');

  const second = await box.run([...verify, '--json']);
  expect(second).toMatchObject({ exitCode: 0, stderr: '' });
  const recalled = JSON.parse(second.stdout) as Published;
  expect(recalled.cells.map(({ id, cached, verdict }) => [id, cached, verdict])).toEqual([
    ['beta@1.36.4', true, 'pass'],
    ['beta@1.40.0', true, 'pass'],
    ['release@1.40.0', true, 'pass'],
  ]);
  // `auto` does not ask for an engine where there is nothing to launch.
  const third = await box.run(['verify', '--config', dir]);
  expect(third).toMatchObject({ exitCode: 0 });
  expect(third.stderr).toContain('launcher process: not asked');
  expect(await box.run([...verify, '--no-cache', '--stage', 'release'])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('release@1.40.0 started') as string,
  });
});

test('a change of one stage runs the cells of that stage only', async () => {
  const dir = await box.mesh('staged');
  const verify = ['verify', '--config', dir, ...PROCESS, '--json'];
  expect(await box.run(verify)).toMatchObject({ exitCode: 0 });
  await mkdir(join(dir, 'stages/release'), { recursive: true });
  const routes = await readFile(join(dir, 'routes.yaml'), 'utf8');
  await execa('tee', [join(dir, 'stages/release/routes.yaml')], {
    input: routes.replace('timeout: 2s', 'timeout: 3s'),
  });
  const { stdout } = await box.run(verify);
  const { cells } = JSON.parse(stdout) as Published;
  expect(cells.map(({ id, cached }) => [id, cached])).toEqual([
    ['beta@1.36.4', true],
    ['beta@1.40.0', true],
    ['release@1.40.0', false],
  ]);
});

test('a failure has evidence, and the command that it prints repeats it', async () => {
  const app = await readFile(join(await box.mesh('as-is'), 'checks/app.yaml'), 'utf8');
  const dir = await box.mesh("it's bad", { 'checks/app.yaml': app.replace('status: 200', 'status: 418') });
  const failed = await box.run([
    'verify',
    '--config',
    "it's bad",
    ...PROCESS,
    '--stage',
    'release',
    '--report',
    'evidence',
  ]);
  expect(failed).toMatchObject({ exitCode: 1 });
  const report = JSON.parse(await readFile(join(box.dir, 'evidence/report.json'), 'utf8')) as Published;
  expect(report).toMatchObject({ verdict: 'fail', exitCode: 1, configDir: dir });
  const cell = report.cells.find(({ verdict }) => verdict === 'fail');
  for (const file of ['envoy.log', 'config_dump.json', 'xds-conversation.jsonl'])
    expect((await readFile(join(box.dir, 'evidence', cell?.evidenceDir ?? '?', file), 'utf8')).length).toBeGreaterThan(
      100,
    );
  const junit = new XMLParser({ ignoreAttributes: false }).parse(
    await readFile(join(box.dir, 'evidence/junit.xml'), 'utf8'),
  ) as unknown;
  expect(JSON.stringify(junit)).toContain('418');

  const [, command = ''] = /again (\.\/mesh verify .*--check .*)/.exec(failed.stdout) ?? [];
  expect(command).toContain('--stage release --envoy 1.40.0');
  // As a person would: pasted into a shell, beside the launcher.
  const again = await execa('sh', ['-c', command.replace('./mesh', '"$MESH"')], {
    cwd: box.dir,
    reject: false,
    env: { ...box.env, MESH },
  });
  expect(again.exitCode).toBe(1);
  expect(again.stdout).toContain('418');
  expect(again.stdout).toContain('0 of 1 cells pass');
});

test('--stage, --envoy and --check narrow the matrix, and repeat', async () => {
  const dir = await box.mesh('narrow');
  const verify = ['verify', '--config', dir, ...PROCESS, '--json'];
  const named = ['--check', 'the app answers'];
  const one = await box.run([...verify, '--stage', 'beta', '--envoy', '1.36.4', ...named]);
  expect([one.exitCode, ids(one.stdout)]).toEqual([0, ['beta@1.36.4']]);
  const { cells } = JSON.parse(one.stdout) as Published;
  expect(cells[0]?.checks.map(({ name }) => name)).toEqual(['the app answers']);
  expect(cells[0]?.steps.map(({ name }) => name)).toEqual(['cold boot', 'checks']);

  const unnamed = ['--envoy', '1.38.3', '--envoy', '1.40.0', '--envoy', '1.38.3'];
  const both = await box.run([...verify, '--stage', 'release', '--stage', 'beta', ...unnamed, ...named]);
  expect([both.exitCode, ids(both.stdout)]).toEqual([
    0,
    ['beta@1.38.3', 'beta@1.40.0', 'release@1.38.3', 'release@1.40.0'],
  ]);
  // A check of one stage runs there, and no cell passes for want of it.
  const only = await box.run([...verify, '--check', 'release answers too']);
  expect([only.exitCode, ids(only.stdout)]).toEqual([0, ['release@1.40.0']]);
});

test('a field that only a later Envoy has keeps the older cell from running, and no other', async () => {
  const routes = await readFile(join(await box.mesh('now'), 'routes.yaml'), 'utf8');
  const later = routes.replace(
    '{ prefix: / }',
    '{ prefix: /, cookies: [{ name: beta, string_match: { exact: "1" } }] }',
  );
  const dir = await box.mesh('later', { 'routes.yaml': later, checks: null });
  const { exitCode, stdout } = await box.run(['verify', '--config', dir, '--stage', 'beta', ...PROCESS, '--json']);
  expect(exitCode).toBe(1);
  const { cells, findings } = JSON.parse(stdout) as Published;
  expect(findings.map(({ rule, at, envoy }) => [rule, `${at.file}:${at.line}`, envoy])).toEqual([
    ['unknown-field', 'routes.yaml:6', ['1.36.4']],
  ]);
  expect(cells.map(({ id, verdict, message }) => [id, verdict, message])).toEqual([
    ['beta@1.36.4', 'fail', 'refused by the static guards; no Envoy was started'],
    ['beta@1.40.0', 'pass', undefined],
  ]);
});

test('what is live is a directory or a revision', async () => {
  const dir = await box.mesh('repository');
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: dir });
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'live');
  const routes = await readFile(join(dir, 'routes.yaml'), 'utf8');
  await execa('tee', [join(dir, 'routes.yaml')], { input: routes.replace('timeout: 2s', 'timeout: 3s') });
  const old = await box.mesh('live');
  for (const live of ['HEAD', old]) {
    const args = ['verify', '--config', dir, '--live', live, '--stage', 'release', ...PROCESS, '--json'];
    const { exitCode, stdout } = await box.run(args);
    expect([live, exitCode]).toEqual([live, 0]);
    const { stages, cells } = JSON.parse(stdout) as Published;
    expect(stages[0]?.liveDigest).toMatch(/./);
    expect(stages[0]?.liveDigest).not.toBe(stages[0]?.digest);
    // The same bytes by another name are the same live side: the second is answered from the first.
    expect(cells[0]?.cached).toBe(live === old);
  }
});

test('auto says which launcher it takes, and why', async () => {
  const dir = await box.mesh('auto');
  const args = ['verify', '--config', dir, '--stage', 'release', '--check', 'the app answers'];
  const { exitCode, stderr } = await box.run(args, { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('launcher process: no Docker engine answers');
});
