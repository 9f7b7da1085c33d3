import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileMemory, type RampRecords, recordFile, recordName, recordsIn } from './file-memory.ts';
import type { RampClock } from './ramp-clock.ts';
import type { RampMemory } from './ramp-memory.ts';

export type RampFolderOptions = {
  readonly dir: string;
  readonly clock: Pick<RampClock, 'after'>;
  /** How soon one control plane follows what another one of the machine did; longer than the file system's steps of time. */
  readonly everyMs: number;
  /** Default: `recordsIn`. */
  readonly list?: (dir: string) => Promise<RampRecords>;
};

/**
 * The records of the ramps of a stage in one folder. It is listed for all clusters at once, and only after something was written there: a
 * listing for each of 1,000 clusters every 2 s takes a quarter of a processor.
 */
export class RampFolder implements Disposable {
  readonly #options: RampFolderOptions;
  readonly #followers = new Map<string, () => void>();
  /** What the newest record of a cluster looked like. */
  readonly #marks = new Map<string, string>();
  /** When something was written in the folder, as seen at the last two looks. */
  #written: readonly [string | undefined, string | undefined] = [undefined, undefined];
  #listing: Promise<unknown> = Promise.resolve();
  #nextListing: Promise<RampRecords> | undefined;
  #cancel: () => void = () => {};

  constructor(options: RampFolderOptions) {
    this.#options = options;
    this.#later();
  }

  memoryOf(cluster: string): RampMemory {
    const { dir } = this.#options;
    return {
      ...fileMemory(dir, cluster, () => this.#list()),
      follow: (changed) => {
        this.#followers.set(cluster, changed);
        return () => {
          if (this.#followers.get(cluster) !== changed) return;
          this.#followers.delete(cluster);
          this.#marks.delete(cluster);
        };
      },
    };
  }

  /** Tells those whose record may be another than at the last look. Rejects with what the file system says. */
  async look(): Promise<void> {
    const written = await stampOf(this.#options.dir);
    const [last, before] = this.#written;
    // Looked at once more after each change: what was written just after the listing may bear the same time.
    if (written === last && written === before) return;
    const records = await this.#list();
    const marks = await Promise.all(
      [...this.#followers.keys()].map(async (cluster) => [cluster, await this.#markOf(cluster, records)] as const),
    );
    this.#written = [written, last];
    for (const [cluster, mark] of marks) {
      const changed = this.#followers.get(cluster);
      if (!changed || this.#marks.get(cluster) === mark) continue;
      this.#marks.set(cluster, mark);
      changed();
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#cancel = () => {};
    this.#followers.clear();
  }

  #later(): void {
    const { clock, everyMs } = this.#options;
    const cancel = clock.after(everyMs, () => {
      // What cannot be listed now is looked at again; a step that cannot be kept says so itself.
      void this.look()
        .catch(() => {})
        .finally(() => {
          if (this.#cancel === cancel) this.#later();
        });
    });
    this.#cancel = cancel;
  }

  /** An order changes a record and keeps its version. */
  async #markOf(cluster: string, records: RampRecords): Promise<string> {
    const [newest] = records.get(recordName(cluster)) ?? [];
    if (newest === undefined) return 'none';
    return `${newest} ${await stampOf(join(this.#options.dir, recordFile(cluster, newest)))}`;
  }

  /** One for all who ask before it begins: what is under way may have begun before what they look for was written. */
  #list(): Promise<RampRecords> {
    this.#nextListing ??= this.#listing.then(() => {
      this.#nextListing = undefined;
      const { dir, list = recordsIn } = this.#options;
      const listing = list(dir);
      this.#listing = listing.catch(() => {});
      return listing;
    });
    return this.#nextListing;
  }
}

/** Of what is not there it is none. */
async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeNs, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${ino}`;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw fault;
  }
}
