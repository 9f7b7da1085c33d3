import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetVersion } from '../../ids.ts';
import { DELIVERY_FILES, filesOf, heldFromFiles } from '../delivery.ts';
import { MANIFEST_FILE, manifestFrom, pushMessage } from '../manifest.ts';
import { type Delivery, type Held, type Manifest, TargetError } from '../target.ts';
import { mustGit, type RunGit } from './run-git.ts';

/** Writes the delivery as a commit on `parent` and resolves to its id. The same delivery on the same parent is the same commit. */
export async function writeCommit(
  target: string,
  run: RunGit,
  delivery: Delivery,
  parent: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const blobs = await writeBlobs(target, run, [...filesOf(delivery)], signal);
  const tree = (await mustGit(target, run, ['mktree', '-z'], { input: blobs.join(''), signal }))
    .toString('utf8')
    .trim();
  const { summary, detail } = pushMessage(delivery.manifest);
  const when = `@${Math.floor(Date.parse(delivery.manifest.atIso) / 1000)} +0000`;
  const env = {
    GIT_AUTHOR_NAME: 'Meshgate',
    GIT_AUTHOR_EMAIL: 'meshgate@localhost',
    GIT_AUTHOR_DATE: when,
    GIT_COMMITTER_NAME: 'Meshgate',
    GIT_COMMITTER_EMAIL: 'meshgate@localhost',
    GIT_COMMITTER_DATE: when,
  };
  const args = ['commit-tree', tree, ...(parent === undefined ? [] : ['-p', parent]), '-F', '-'];
  const commit = await mustGit(target, run, args, { input: `${summary}\n\n${detail}`, env, signal });
  return commit.toString('utf8').trim();
}

/** The lines of a tree with those files. One process for all of them: the process that hosts the embedded store takes long to fork. */
async function writeBlobs(
  target: string,
  run: RunGit,
  files: readonly (readonly [string, string])[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-delivery-'));
  try {
    const paths = files.map((_, index) => join(dir, String(index)));
    await Promise.all(files.map(([, text], index) => writeFile(join(dir, String(index)), text)));
    const args = ['hash-object', '-w', '--no-filters', '--stdin-paths'];
    const said = await mustGit(target, run, args, { input: `${paths.join('\n')}\n`, signal });
    const ids = said.toString('utf8').trim().split('\n');
    if (ids.length !== files.length)
      throw new TargetError(target, `git hash-object named ${ids.length} objects of ${files.length}`);
    return files.map(([name], index) => `100644 blob ${ids[index]}\t${name}\0`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What `commit` holds; undefined where there is no such commit. */
export async function readCommit(
  target: string,
  run: RunGit,
  commit: string,
  signal?: AbortSignal,
): Promise<Held | undefined> {
  const version = commit as TargetVersion;
  const [known, ...texts] = await readBlobs(
    target,
    run,
    [`${commit}^{commit}`, ...DELIVERY_FILES.map((name) => `${commit}:${name}`)],
    signal,
  );
  if (known === undefined) return undefined;
  const files = new Map<string, string>();
  for (const [index, name] of DELIVERY_FILES.entries()) {
    const text = texts[index];
    if (text !== undefined) files.set(name, text);
  }
  if (files.size > 0) return heldFromFiles(version, files);
  const names = (await mustGit(target, run, ['ls-tree', '--name-only', '-z', commit], { signal }))
    .toString('utf8')
    .split('\0')
    .filter(Boolean);
  if (names.length === 0) return { kind: 'empty', version };
  const problem = `there is no ${MANIFEST_FILE}, only ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
  return { kind: 'foreign', version, problem, digest: undefined };
}

/** The contents of objects by name, in one process; undefined where there is none. What is not a file reads as an empty text. */
async function readBlobs(
  target: string,
  run: RunGit,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<(string | undefined)[]> {
  const out = await mustGit(target, run, ['cat-file', '--batch'], {
    input: names.map((name) => `${name}\n`).join(''),
    signal,
  });
  let at = 0;
  return names.map((name) => {
    const end = out.indexOf(0x0a, at);
    if (end === -1) throw new TargetError(target, `git cat-file said nothing of ${name}`);
    const header = out.subarray(at, end).toString('utf8');
    at = end + 1;
    const found = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header);
    if (!found) return undefined;
    const size = Number(found[2]);
    const content = out.subarray(at, at + size);
    at += size + 1;
    return found[1] === 'blob' ? content.toString('utf8') : '';
  });
}

export type CommitEntry = {
  readonly version: TargetVersion;
  readonly manifest: Manifest | undefined;
  readonly atIso: string;
};

/** The commits from `tip` back, by first parents. */
export async function readHistory(
  target: string,
  run: RunGit,
  tip: string,
  limit: number,
  signal?: AbortSignal,
): Promise<CommitEntry[]> {
  const args = ['log', '--first-parent', `--max-count=${limit}`, '--format=%H %ct', '--end-of-options', tip, '--'];
  const lines = (await mustGit(target, run, args, { signal })).toString('utf8').split('\n').filter(Boolean);
  const commits = lines.map((line) => line.split(' ') as [string, string]);
  const texts = await readBlobs(
    target,
    run,
    commits.map(([commit]) => `${commit}:${MANIFEST_FILE}`),
    signal,
  );
  return commits.map(([commit, seconds], index) => ({
    version: commit as TargetVersion,
    manifest: manifestOf(texts[index]),
    atIso: new Date(Number(seconds) * 1000).toISOString(),
  }));
}

/** The manifest in a text, where there is one. */
export function manifestOf(text: string | undefined): Manifest | undefined {
  if (text === undefined) return undefined;
  try {
    const read = manifestFrom(JSON.parse(text));
    return 'manifest' in read ? read.manifest : undefined;
  } catch {
    return undefined;
  }
}

/** The first parent; undefined for a first commit. */
export async function parentOf(
  target: string,
  run: RunGit,
  commit: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const out = await mustGit(target, run, ['rev-list', '--max-count=1', '--parents', '--end-of-options', commit], {
    signal,
  });
  return out.toString('utf8').trim().split(' ')[1];
}
