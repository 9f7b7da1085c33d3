import { mkdir, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { TargetVersion } from '../ids.ts';
import { filesOf, heldFromFiles } from './delivery.ts';
import {
  claimFolder,
  type Folder,
  fingerprint,
  ifThere,
  NO_VERSION,
  numberOfPointer,
  numbersIn,
  pointAtNewest,
  prune,
  readFolder,
  timeOfFolder,
} from './dir/version-folders.ts';
import { isSamePush } from './manifest.ts';
import { watchByPolling } from './poll-watch.ts';
import { type Delivery, type Held, type PushResult, type Target, TargetError } from './target.ts';

export type DirTargetSettings = {
  /** Relative to `baseDir`, which is absolute. */
  readonly path: string;
  readonly baseDir: string;
  /** Makes the directory at the first use where there is none. Default true. */
  readonly init?: boolean;
  /** How many versions stay. Default 200. */
  readonly keep?: number;
  /** Between two looks of `watch`. Default 300. */
  readonly pollMs?: number;
};

/**
 * A directory: `versions/000001/…` and `current`, a link to the newest. The newest number is what counts, and a push is the
 * exclusive claim of the next one, so there is no lock that a killed process could leave behind.
 */
export function dirTarget(settings: DirTargetSettings): Target {
  return new DirTarget(settings);
}

class DirTarget implements Target {
  readonly kind = 'dir';
  readonly name: string;
  readonly #root: string;
  readonly #init: boolean;
  readonly #keep: number;
  readonly #pollMs: number;
  #opened = false;

  constructor({ path, baseDir, init = true, keep = 200, pollMs = 300 }: DirTargetSettings) {
    this.#root = resolve(baseDir, path);
    this.name = `dir ${basename(this.#root)}`;
    this.#init = init;
    this.#keep = Math.max(2, keep);
    this.#pollMs = pollMs;
  }

  read(): Promise<Held> {
    return this.#guarded(async () => {
      const { folder, used } = await this.#newest();
      return folder ? heldOf(folder) : emptyOrRemoved(used);
    });
  }

  push(delivery: Delivery, expected: TargetVersion, signal?: AbortSignal): Promise<PushResult> {
    return this.#guarded(async () => {
      const { folder, used } = await this.#newest();
      const current = folder?.version ?? emptyOrRemoved(used).version;
      signal?.throwIfAborted();
      if (current !== expected) return this.#settle(delivery, expected);
      if (folder && isDelivered(folder, delivery)) return { kind: 'pushed', version: current };
      const number = used + 1;
      if (!(await claimFolder(this.#root, number, filesOf(delivery)))) return this.#settle(delivery, expected);
      await pointAtNewest(this.#root);
      await prune(this.#root, this.#keep);
      const made = await readFolder(this.#root, number);
      if (!made) throw new TargetError(this.name, `version ${number} was removed as soon as it was written`);
      return { kind: 'pushed', version: made.version };
    });
  }

  watch(known: TargetVersion | undefined, signal: AbortSignal): AsyncIterable<Held> {
    let last: { readonly print: string; readonly version: TargetVersion } | undefined;
    const peek = (): Promise<TargetVersion> =>
      this.#guarded(async () => {
        const print = await fingerprint(this.#root);
        if (last?.print !== print) last = { print, version: (await this.read()).version };
        return last.version;
      });
    return watchByPolling({ peek, read: () => this.read(), intervalMs: this.#pollMs }, known, signal);
  }

  history(limit: number): ReturnType<Target['history']> {
    return this.#guarded(async () => {
      const entries = [];
      for (const number of (await numbersIn(this.#root)).slice(0, limit)) {
        const folder = await readFolder(this.#root, number);
        if (!folder) continue;
        const held = heldOf(folder);
        const manifest = held.kind === 'delivery' ? held.delivery.manifest : undefined;
        entries.push({ version: folder.version, manifest, atIso: manifest?.atIso ?? (await this.#madeAtIso(number)) });
      }
      return entries;
    });
  }

  readAt(version: TargetVersion): Promise<Held | undefined> {
    return this.#guarded(async () => {
      if (version === NO_VERSION) return { kind: 'empty', version } as const;
      const number = Number(/^(\d{1,15})\./.exec(version)?.[1] ?? 0);
      const folder = number > 0 ? await readFolder(this.#root, number) : undefined;
      return folder?.version === version ? heldOf(folder) : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** `used` is the highest number that was ever seen in use; `folder` the version of that number. */
  async #newest(): Promise<{ readonly folder: Folder | undefined; readonly used: number }> {
    // numbers go up and old versions go away while we look: then look again
    for (let attempt = 1; ; attempt += 1) {
      const pointed = await numberOfPointer(this.#root);
      const [newest = 0] = await numbersIn(this.#root);
      if (newest < pointed) return { folder: undefined, used: pointed };
      if (newest === 0) return { folder: undefined, used: 0 };
      const folder = await readFolder(this.#root, newest);
      if (folder) return { folder, used: newest };
      if (attempt === 5) throw new TargetError(this.name, `version ${newest} goes away while it is read`);
    }
  }

  /** It moved: by the first try of this very push, or by somebody else. */
  async #settle(delivery: Delivery, expected: TargetVersion): Promise<PushResult> {
    const { folder, used } = await this.#newest();
    const version = folder?.version ?? emptyOrRemoved(used).version;
    if (!folder || !isDelivered(folder, delivery)) return { kind: 'moved', version };
    const before = folder.number === 1 ? NO_VERSION : (await readFolder(this.#root, folder.number - 1))?.version;
    if (before !== expected) return { kind: 'moved', version };
    await pointAtNewest(this.#root);
    return { kind: 'pushed', version };
  }

  async #madeAtIso(number: number): Promise<string> {
    return (await timeOfFolder(this.#root, number)).toISOString();
  }

  /** Has the directory there; what the file system refuses is a `TargetError`. */
  async #guarded<T>(use: () => Promise<T>): Promise<T> {
    try {
      const there = await ifThere(stat(this.#root));
      if (!there && this.#init && !this.#opened) await mkdir(this.#root, { recursive: true });
      else if (!there) throw new TargetError(this.name, 'the directory is gone');
      else if (!there.isDirectory()) throw new TargetError(this.name, 'it is not a directory');
      this.#opened = true;
      return await use();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new TargetError(this.name, (error as Error).message, { cause: error });
    }
  }
}

const heldOf = ({ version, files }: Folder): Held =>
  files.size > 0
    ? heldFromFiles(version, files)
    : { kind: 'foreign', version, problem: 'the newest version has no files', digest: undefined };

function emptyOrRemoved(used: number): Held {
  if (used === 0) return { kind: 'empty', version: NO_VERSION };
  const version = `${used}.removed` as TargetVersion;
  return { kind: 'foreign', version, problem: `version ${used} was removed`, digest: undefined };
}

function isDelivered(folder: Folder, { manifest }: Delivery): boolean {
  const held = heldOf(folder);
  return held.kind === 'delivery' && isSamePush(held.delivery.manifest, manifest);
}
