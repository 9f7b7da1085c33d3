import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa, type Options, type ResultPromise } from 'execa';

export type Subprocess = ResultPromise;

import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
export const MESH = join(ROOT, 'mesh');
export const SMALL_MESH = join(ROOT, 'test/fixtures/mesh-small');

export type MeshRun = {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

/** A directory of its own for one test file: its mesh configs, its verdicts, and everything that `mesh` writes for the time of a run. */
export interface Sandbox extends AsyncDisposable {
  readonly dir: string;
  /** `TMPDIR` of every run; empty when nothing is left behind. */
  readonly temp: string;
  readonly env: Readonly<Record<string, string>>;
  /** A copy of the small mesh with some files replaced (`null`: removed). */
  mesh(name: string, files?: Readonly<Record<string, string | null>>): Promise<string>;
  run(args: readonly string[], options?: Options): Promise<MeshRun>;
  start(args: readonly string[], options?: Options): Subprocess;
  /** What is still running for any run of this sandbox: processes by their command or environment, containers by their command. */
  leftovers(): Promise<readonly string[]>;
  /** The processes among them, which is much sooner known. */
  processes(): Promise<readonly string[]>;
}

export type SandboxOptions = {
  /** Whether the Envoys that this machine has are there (default), or the cache is empty. */
  readonly withEnvoys?: boolean;
};

export async function sandbox({ withEnvoys = true }: SandboxOptions = {}): Promise<Sandbox> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'mesh-e2e-')));
  const temp = join(dir, 'tmp');
  const cache = join(dir, 'cache');
  await Promise.all([mkdir(temp), mkdir(cache)]);
  const wheels = join(cacheDirOf(process.env), 'wheels');
  await mkdir(wheels, { recursive: true });
  if (withEnvoys) await symlink(wheels, join(cache, 'wheels'));
  const env = {
    MESHGATE_CACHE_DIR: cache,
    TMPDIR: temp,
    // Compiled code is the same everywhere; a cache of it for each sandbox would make every first run slow.
    NODE_COMPILE_CACHE: join(cacheDirOf(process.env), 'node'),
    TERM: 'dumb',
  };
  const start = (args: readonly string[], options: Options = {}): Subprocess =>
    // Its type follows from options that are not known here; nobody asks for more than the common part.
    execa(MESH, [...args], {
      cwd: dir,
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
      ...options,
      env: { ...env, ...options.env },
    }) as unknown as Subprocess;
  return {
    dir,
    temp,
    env,
    async mesh(name, files = {}) {
      const to = join(dir, name);
      await cp(SMALL_MESH, to, { recursive: true });
      for (const [path, text] of Object.entries(files)) {
        if (text === null) await rm(join(to, path), { recursive: true });
        else {
          await mkdir(join(to, path, '..'), { recursive: true });
          await writeFile(join(to, path), text, {
            mode: path.startsWith('checks/') && !path.endsWith('.yaml') ? 0o755 : 0o644,
          });
        }
      }
      return to;
    },
    start,
    async run(args, options) {
      const { exitCode, stdout, stderr } = await start(args, options);
      return { exitCode, stdout: String(stdout ?? ''), stderr: String(stderr ?? '') };
    },
    processes: () => processesOf(dir),
    leftovers: async () => [...(await processesOf(dir)), ...(await containersOf(dir))],
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Processes of this user that name `dir` in their command or environment, but for this one. */
async function processesOf(dir: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter(
    (name) => /^\d+$/.test(name) && name !== String(process.pid),
  );
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, environment, status] = await Promise.all(
        ['cmdline', 'environ', 'stat'].map((file) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')),
      );
      // A dead process whose parent has not looked yet runs no more.
      if (/\) [ZX] /.test(status ?? '')) return [];
      const names = `${command}${environment}`.includes(dir);
      return names ? [`${pid} ${(command ?? '').replaceAll('\0', ' ').trim()}`] : [];
    }),
  );
  return found.flat();
}

async function containersOf(dir: string): Promise<string[]> {
  const { stdout, exitCode } = await execa(
    'docker',
    ['ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.Command}}'],
    {
      reject: false,
      stdin: 'ignore',
    },
  );
  return exitCode === 0 ? stdout.split('\n').filter((line) => line.includes(dir)) : [];
}

/** The newest version that the repository pins. */
export const NEWEST = Object.keys(
  JSON.parse(readFileSync(join(ROOT, 'conformance/launcher/envoy-pins.json'), 'utf8')) as Record<string, unknown>,
).at(-1) as string;
