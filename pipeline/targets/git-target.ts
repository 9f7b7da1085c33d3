import { basename, resolve } from 'node:path';
import type { TargetVersion } from '../ids.ts';
import type { BranchStore } from './git/branch-store.ts';
import { parentOf, readCommit, readHistory, writeCommit } from './git/commit-delivery.ts';
import { localBranch } from './git/local-branch.ts';
import { isRemote, remoteAddress } from './git/remote-address.ts';
import { remoteBranch } from './git/remote-branch.ts';
import { gitIn, type RunGit } from './git/run-git.ts';
import { isSamePush } from './manifest.ts';
import { watchByPolling } from './poll-watch.ts';
import { redactor } from './redaction.ts';
import { type Delivery, type Held, type PushResult, type Target, TargetError } from './target.ts';

export type GitTargetSettings = {
  /** A path (of a bare repository; relative to `baseDir`) or the address of a remote one (`https:`, `ssh:`, `file:`, `user@host:path`). */
  readonly repository: string;
  readonly branch: string;
  /** Absolute. */
  readonly baseDir: string;
  /** Makes a local repository where there is none. Default true. */
  readonly init?: boolean;
  /** Absolute; where copies of remote repositories are kept while the target is open. */
  readonly scratchDir: string;
  /** For `https:` remotes: sent as the password of `user`, which by default is `meshgate`. */
  readonly token?: string | undefined;
  /** Between two looks of `watch`. Default 300. */
  readonly pollMs?: number;
};

/** The version of a branch that is not there. It can come again when somebody deletes the branch; no commit's version can. */
const NO_BRANCH = 'no-branch' as TargetVersion;
const TIMEOUT_MS = 30_000;

/** A branch per stage: each push is a commit, and the version its id. */
export function gitTarget(settings: GitTargetSettings): Target {
  const { repository, branch, baseDir, init = true, scratchDir, token, pollMs = 300 } = settings;
  const remote = isRemote(repository) ? remoteAddress(repository, token) : undefined;
  const redact = redactor([token, ...(remote?.secrets ?? [])]);
  const place = remote ? redact(remote.url) : basename(repository);
  const name = `git ${place}, branch ${branch}`;
  const store: BranchStore = remote
    ? remoteBranch({ target: name, url: remote.url, branch, scratchDir, env: remote.env, redact })
    : localBranch({ target: name, path: resolve(baseDir, repository), branch, init, redact });
  return new GitTarget(name, branch, store, pollMs, (dir) => gitIn(name, dir, { timeoutMs: TIMEOUT_MS, redact }));
}

const versionOf = (commit: string | undefined): TargetVersion => (commit as TargetVersion | undefined) ?? NO_BRANCH;
const commitOf = (version: TargetVersion): string | undefined => (version === NO_BRANCH ? undefined : version);
const isCommitId = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** Names that git allows. Targets are opened for each step, and whether a name is allowed does not change. */
const fineBranches = new Set<string>();

class GitTarget implements Target {
  readonly kind = 'git';
  readonly name: string;
  readonly #branch: string;
  readonly #store: BranchStore;
  readonly #pollMs: number;
  readonly #gitIn: (dir: string) => RunGit;

  constructor(name: string, branch: string, store: BranchStore, pollMs: number, runIn: (dir: string) => RunGit) {
    this.name = name;
    this.#branch = branch;
    this.#store = store;
    this.#pollMs = pollMs;
    this.#gitIn = runIn;
  }

  async read(signal?: AbortSignal): Promise<Held> {
    // a branch that is wound back between two steps can take its commit with it: then look again
    for (let attempt = 1; ; attempt += 1) {
      const tip = await this.#tip(signal);
      const held = await this.readAt(versionOf(tip), signal);
      if (held) return held;
      if (attempt === 3) throw new TargetError(this.name, `commit ${tip} cannot be read`);
    }
  }

  async push(delivery: Delivery, expected: TargetVersion, signal?: AbortSignal): Promise<PushResult> {
    const before = commitOf(expected);
    const tip = await this.#tip(signal);
    if (tip !== undefined && tip === before && (await this.#isOurs(tip, delivery, signal))) {
      return { kind: 'pushed', version: versionOf(tip) };
    }
    if (tip !== before) return this.#settle(delivery, before, tip, signal);
    const run = this.#gitIn(await this.#store.objects(before, signal));
    const commit = await writeCommit(this.name, run, delivery, before, signal);
    const refused = await this.#store.move(commit, before, signal);
    if (refused === undefined) return { kind: 'pushed', version: versionOf(commit) };
    const now = await this.#tip(signal);
    if (now === before) throw new TargetError(this.name, `the branch cannot be moved: ${refused}`);
    return this.#settle(delivery, before, now, signal);
  }

  watch(known: TargetVersion | undefined, signal: AbortSignal): AsyncIterable<Held> {
    const peek = async (): Promise<TargetVersion> => versionOf(await this.#tip(signal));
    return watchByPolling({ peek, read: () => this.read(signal), intervalMs: this.#pollMs }, known, signal);
  }

  async history(limit: number, signal?: AbortSignal): ReturnType<Target['history']> {
    const tip = await this.#tip(signal);
    if (tip === undefined) return [];
    return readHistory(this.name, this.#gitIn(await this.#store.objects(tip, signal)), tip, limit, signal);
  }

  async readAt(version: TargetVersion, signal?: AbortSignal): Promise<Held | undefined> {
    if (version === NO_BRANCH) return { kind: 'empty', version };
    if (!isCommitId(version)) return undefined;
    return readCommit(this.name, this.#gitIn(await this.#store.objects(version, signal)), version, signal);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#store[Symbol.asyncDispose]();
  }

  /** It moved: by the first try of this very push, or by somebody else. */
  async #settle(
    delivery: Delivery,
    before: string | undefined,
    tip: string | undefined,
    signal?: AbortSignal,
  ): Promise<PushResult> {
    const version = versionOf(tip);
    if (tip === undefined || !(await this.#isOurs(tip, delivery, signal))) return { kind: 'moved', version };
    const run = this.#gitIn(await this.#store.objects(tip, signal));
    const made = (await parentOf(this.name, run, tip, signal)) === before;
    return { kind: made ? 'pushed' : 'moved', version };
  }

  async #isOurs(commit: string, { manifest }: Delivery, signal?: AbortSignal): Promise<boolean> {
    const held = await this.readAt(commit as TargetVersion, signal);
    return held?.kind === 'delivery' && isSamePush(held.delivery.manifest, manifest);
  }

  async #tip(signal?: AbortSignal): Promise<string | undefined> {
    await this.#checkBranch();
    return this.#store.tip(signal);
  }

  async #checkBranch(): Promise<void> {
    if (fineBranches.has(this.#branch)) return;
    const run = this.#gitIn('.');
    const { exitCode } = await run(['check-ref-format', `refs/heads/${this.#branch}`]);
    if (exitCode === 0) {
      fineBranches.add(this.#branch);
      return;
    }
    throw new TargetError(this.name, `git does not allow ${JSON.stringify(this.#branch)} as the name of a branch`);
  }
}
