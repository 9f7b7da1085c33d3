import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { git } from './git.ts';
import { RevisionError } from './revision-error.ts';

/** A mesh config as of a revision, in a directory of its own that goes when it is disposed. */
export interface RevisionDirectory extends AsyncDisposable {
  readonly dir: string;
  /** The commit, whole, in lower-case hex. */
  readonly commit: string;
}

type TreeEntry = { readonly mode: string; readonly object: string; readonly path: string };

/** What a mesh config was at a commit: the stored bytes, no filters. A commit never changes, so this may be kept. */
export type RevisionFiles = {
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly mode: string; readonly content: Buffer }[];
};

/**
 * Puts the mesh config directory `dir`, as it was at `revision` of the git repository that holds it, into a temporary directory: the
 * stored bytes, no filters, nothing checked out, the user's index and work tree untouched. Submodules are left out. Rejects with
 * `RevisionError`, or the signal's reason; leaves nothing behind then.
 */
export async function readRevision(
  dir: string,
  revision: string,
  options: { signal?: AbortSignal } = {},
): Promise<RevisionDirectory> {
  return putRevision(await revisionFiles(dir, revision, options));
}

/** What `readRevision` puts into its directory. Rejects as it does. */
export async function revisionFiles(
  dir: string,
  revision: string,
  options: { signal?: AbortSignal } = {},
): Promise<RevisionFiles> {
  const { prefix, commit } = await findCommit(dir, revision, options);
  const entries = await treeEntries(dir, commit, prefix, revision, options);
  return { commit, files: await contentsOf(dir, entries, options) };
}

/** Writes the files into a new temporary directory. */
export async function putRevision({ commit, files }: RevisionFiles): Promise<RevisionDirectory> {
  const root = await mkdtemp(join(tmpdir(), 'meshgate-revision-'));
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 });
  try {
    for (const { path, mode, content } of files) await writeEntry(root, path, mode, content);
  } catch (error) {
    await remove();
    throw error;
  }
  return { dir: root, commit, [Symbol.asyncDispose]: remove };
}

async function findCommit(
  dir: string,
  revision: string,
  options: { signal?: AbortSignal },
): Promise<{ prefix: string; commit: string }> {
  const isDirectory = await stat(dir).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isDirectory)
    throw new RevisionError('NO_SUCH_DIRECTORY', `${dir}: no such directory, so no repository is known`);
  const where = await git(dir, ['rev-parse', '--show-prefix'], options);
  if (where.exitCode !== 0) {
    const said = where.stderr.trim().split('\n')[0] ?? '';
    throw new RevisionError(
      'NOT_A_REPOSITORY',
      `${dir}: not in a git repository (${said}); give a directory instead of a revision`,
    );
  }
  const prefix = where.stdout.toString('utf8').replace(/\n$/, '');
  // git would take it for an option
  const usable = revision !== '' && !revision.startsWith('-') && !/[\0\n]/.test(revision);
  const found = usable
    ? await git(dir, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], options)
    : undefined;
  const commit = found?.exitCode === 0 ? found.stdout.toString('utf8').trim() : '';
  if (!/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new RevisionError(
      'UNKNOWN_REVISION',
      `${JSON.stringify(revision)}: no commit of the repository of ${dir}; give a commit, branch or tag that is fetched here`,
    );
  }
  return { prefix, commit };
}

async function treeEntries(
  dir: string,
  commit: string,
  prefix: string,
  revision: string,
  options: { signal?: AbortSignal },
): Promise<TreeEntry[]> {
  const tree = `${commit}:${prefix.replace(/\/$/, '')}`;
  const listed = await git(dir, ['ls-tree', '-r', '-z', '--full-tree', tree], options);
  if (listed.exitCode !== 0) {
    throw new RevisionError(
      'NO_SUCH_DIRECTORY',
      `${prefix || '.'}: was not a directory at ${revision} (${commit.slice(0, 12)})`,
    );
  }
  return listed.stdout
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [meta = '', path = ''] = line.split('\t');
      const [mode = '', kind = '', object = ''] = meta.split(' ');
      return kind === 'blob' ? [{ mode, object, path: line.slice(meta.length + 1) || path }] : [];
    });
}

async function contentsOf(
  dir: string,
  entries: readonly TreeEntry[],
  options: { signal?: AbortSignal },
): Promise<RevisionFiles['files']> {
  if (entries.length === 0) return [];
  const input = entries.map(({ object }) => `${object}\n`).join('');
  const { exitCode, stdout, stderr } = await git(dir, ['cat-file', '--batch'], { input, ...options });
  if (exitCode !== 0) throw new RevisionError('GIT_FAILED', `git cat-file: ${stderr.trim()}`);
  let at = 0;
  return entries.map(({ mode, object, path }) => {
    const endOfHeader = stdout.indexOf(0x0a, at);
    const [, kind, size] = stdout.subarray(at, endOfHeader).toString('utf8').split(' ');
    if (endOfHeader === -1 || kind !== 'blob')
      throw new RevisionError('GIT_FAILED', `${path}: its content ${object} is not in the repository`);
    const from = endOfHeader + 1;
    at = from + Number(size) + 1;
    return { path, mode, content: stdout.subarray(from, from + Number(size)) };
  });
}

async function writeEntry(root: string, path: string, mode: string, content: Buffer): Promise<void> {
  const file = resolve(root, path);
  if (!file.startsWith(root + sep)) throw new RevisionError('GIT_FAILED', `${path}: leaves its tree`);
  await mkdir(dirname(file), { recursive: true });
  if (mode === '120000') await symlink(content.toString('utf8'), file);
  else {
    // `wx`: no entry may write through a link that an earlier one made
    await writeFile(file, content, { flag: 'wx' });
    if (mode === '100755') await chmod(file, 0o755);
  }
}
