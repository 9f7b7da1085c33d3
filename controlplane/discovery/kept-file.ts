import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that is always whole: written beside its place, synced, and renamed to it. One writer for one file. */
export class KeptFile {
  readonly path: string;
  readonly #textOf: () => string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `textOf` gives what is to be in it at that moment. */
  constructor(path: string, textOf: () => string) {
    this.path = path;
    this.#textOf = textOf;
  }

  /**
   * Resolves when what `textOf` gives now, or gave later, is on the disk; rejects with what the file system says. Calls that come while a
   * write is under way share the next one.
   */
  save(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#write().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.save();
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    const text = this.#textOf();
    const work = `${this.path}.${randomUUID()}`;
    await mkdir(dirname(this.path), { recursive: true });
    try {
      const file = await open(work, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(work, this.path);
    } catch (error) {
      await rm(work, { force: true });
      throw error;
    }
  }
}
