import { mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { PROJECT_ROOT } from '../project-root.ts';
import { UsageError } from '../usage-error.ts';

const DIST = join(PROJECT_ROOT, 'board', 'dist');
/** What the pages are built from. */
const SOURCES = ['app', 'api'].map((name) => join(PROJECT_ROOT, 'board', name));
const BUILD = join(PROJECT_ROOT, 'tools', 'build-board.ts');

/**
 * The directory of the built pages. In a checkout they are built when they are missing or older than what they are made of; a package
 * has them. Rejects with `UsageError` where they cannot be built.
 */
export async function builtPages(say: (line: string) => void, signal: AbortSignal): Promise<string> {
  const isFresh = async (): Promise<boolean> => {
    const built = await changedAt(join(DIST, 'index.html'));
    return built !== undefined && built >= (await newestIn(SOURCES));
  };
  const built = await changedAt(join(DIST, 'index.html'));
  const canBuild = (await changedAt(BUILD)) !== undefined;
  if (built === undefined && !canBuild) throw new UsageError(`${DIST}: this package has no pages of the board in it`);
  if (!canBuild || (await isFresh())) return DIST;
  await using _lock = await buildLock(signal);
  // Another process may have been faster.
  if (await isFresh()) return DIST;
  say(
    `building the pages of the board, which are ${built === undefined ? 'not there yet' : 'older than their sources'} …`,
  );
  const { exitCode, all } = await execa(process.execPath, [BUILD], {
    cwd: PROJECT_ROOT,
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (exitCode !== 0) {
    const why = all.trimEnd().split('\n').slice(-12).join('\n');
    throw new UsageError(`the pages of the board cannot be built (npm run build:board):\n${why}`);
  }
  return DIST;
}

const LOCK = `${DIST}.building`;
/** A build takes seconds; who held the lock for longer died with it. */
const LOCK_MS = 120_000;

/** One process of this machine builds at a time: what one reads, no other is to empty. */
async function buildLock(signal: AbortSignal): Promise<AsyncDisposable> {
  for (;;) {
    try {
      await mkdir(LOCK);
      return { [Symbol.asyncDispose]: () => rmdir(LOCK).catch(() => undefined) };
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault;
      const since = await changedAt(LOCK);
      if (since !== undefined && Date.now() - since > LOCK_MS) await rmdir(LOCK).catch(() => undefined);
      else await sleep(100, undefined, { signal });
    }
  }
}

const changedAt = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

async function newestIn(directories: readonly string[]): Promise<number> {
  const times = await Promise.all(
    directories.map(async (directory) => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
      const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
      return Math.max(0, ...(await Promise.all(files.map(async (file) => (await changedAt(file)) ?? 0))));
    }),
  );
  return Math.max(0, ...times);
}
