import { git } from '../../../render/revision/git.ts';
import { putRevision, revisionFiles } from '../../../render/revision/read-revision.ts';
import { RevisionError } from '../../../render/revision/revision-error.ts';
import type { Revision } from '../../ids.ts';
import type { CommitAuthor } from '../../promotion/plan.ts';
import type { ConfigSource } from './config-source.ts';
import { keptFiles } from './kept-files.ts';

export type GitSourceOptions = {
  /** The mesh config's directory in a work tree, or in a clone that nobody works in. */
  readonly dir: string;
  /** Default `main`. */
  readonly branch: string;
  /** Fetched before its branch is looked at, where given: `origin`. Without, the local branch is the protected one. */
  readonly remote: string | undefined;
};

const RECORD = '\u001e';
const FIELD = '\u001f';
const COMMIT = /^[0-9a-f]{40,64}$/;

/** The git repository that holds the mesh config. Nothing of the work tree or index is read or changed. */
export function gitSource({ dir, branch, remote }: GitSourceOptions): ConfigSource {
  const ref = remote === undefined ? `refs/heads/${branch}` : `refs/remotes/${remote}/${branch}`;

  const ask = async (args: readonly string[], signal?: AbortSignal): Promise<string> => {
    const { exitCode, stdout, stderr } = await git(dir, args, signal ? { signal } : {});
    if (exitCode !== 0)
      throw new RevisionError(
        'GIT_FAILED',
        `git ${args[0]}: ${stderr.trim().split('\n')[0] ?? `exit code ${exitCode}`}`,
      );
    return stdout.toString('utf8');
  };
  const commitOf = async (name: string, signal?: AbortSignal): Promise<Revision | undefined> => {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    const { exitCode, stdout } = await git(dir, args, signal ? { signal } : {});
    const commit = stdout.toString('utf8').trim();
    return exitCode === 0 && COMMIT.test(commit) ? (commit as Revision) : undefined;
  };
  const branchHead = async (signal?: AbortSignal): Promise<Revision> => {
    const head = await commitOf(ref, signal);
    if (!head) throw new RevisionError('UNKNOWN_REVISION', `${ref}: the protected branch is not there`);
    return head;
  };

  const isAncestor = async (ancestor: Revision, revision: Revision, signal?: AbortSignal): Promise<boolean> => {
    const args = ['merge-base', '--is-ancestor', ancestor, revision];
    const { exitCode, stderr } = await git(dir, args, signal ? { signal } : {});
    if (exitCode === 0 || exitCode === 1) return exitCode === 0;
    throw new RevisionError('GIT_FAILED', `git merge-base: ${stderr.trim()}`);
  };

  const filesOf = keptFiles((revision, signal) => revisionFiles(dir, revision, signal ? { signal } : {}));

  return {
    name: `branch ${branch} of ${remote ?? 'the local repository'}`,
    async head(signal) {
      if (remote !== undefined)
        await ask(
          ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', remote, `+refs/heads/${branch}:${ref}`],
          signal,
        );
      return branchHead(signal);
    },
    knownHead: branchHead,
    async firstParents(from, limit, signal) {
      const said = await ask(['rev-list', '--first-parent', `--max-count=${limit}`, from, '--'], signal);
      return said.split('\n').filter((line) => COMMIT.test(line)) as Revision[];
    },
    async resolve(text, signal) {
      // git would take the first for an option, and the rest are ways to name what no commit is called
      if (text === '' || text.startsWith('-') || /[\0\n\s]/.test(text)) return undefined;
      const names = remote === undefined ? [text] : [text, `refs/remotes/${remote}/${text}`];
      for (const name of names) {
        const found = await commitOf(name, signal);
        if (found) return found;
      }
      return undefined;
    },
    async isReachable(revision, signal) {
      const head = await branchHead(signal);
      return (await commitOf(revision, signal)) !== undefined && (await isAncestor(revision, head, signal));
    },
    isAncestor,
    async authors(from, to, signal) {
      const trailers = `%(trailers:key=Co-authored-by,valueonly,unfold,separator=${'%x1d'})`;
      const format = `--format=%x1e%an%x1f%ae%x1f%cn%x1f%ce%x1f${trailers}`;
      const range = from === undefined ? [to] : [`${from}...${to}`];
      // every side of a merge counts, also one whose change another side made as well
      const said = await ask(
        ['log', '--no-color', '--full-history', '--no-show-signature', format, ...range, '--', '.'],
        signal,
      );
      return everybodyIn(said);
    },
    async changedPaths(from, to, signal) {
      const args =
        from === undefined
          ? ['ls-tree', '-r', '-z', '--name-only', to, '--', '.']
          : ['diff', '--name-only', '--no-renames', '--no-ext-diff', '--relative', '-z', from, to, '--', '.'];
      const said = await ask(args, signal);
      return said
        .split('\0')
        .filter((path) => path !== '')
        .sort();
    },
    read: async (revision, signal) => putRevision(await filesOf(revision, signal)),
  };
}

function everybodyIn(log: string): readonly CommitAuthor[] {
  const found = new Map<string, CommitAuthor>();
  const add = (name: string, email: string): void => {
    const person = { name: name.trim(), email: email.trim().toLowerCase() };
    if (person.email !== '' && !found.has(person.email)) found.set(person.email, person);
  };
  for (const record of log.split(RECORD).slice(1)) {
    const [author = '', authorEmail = '', committer = '', committerEmail = '', coAuthors = ''] = record.split(FIELD);
    add(author, authorEmail);
    add(committer, committerEmail);
    for (const line of coAuthors.split('\u001d')) {
      const [, name = '', email = ''] = /^\s*(.*?)\s*<([^<>]+)>\s*$/.exec(line) ?? [];
      add(name, email);
    }
  }
  return [...found.values()];
}
