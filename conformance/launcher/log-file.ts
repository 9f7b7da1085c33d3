import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

const KEPT_EACH_END = 2 * 1024 * 1024;
const TRIMMED_ABOVE = 64 * 1024 * 1024;
const TRIM_EVERY_MS = 1_000;

/**
 * The log of a running program: a file, because a program that opens `/dev/stdout` or `/dev/stderr` (access logs do) cannot when
 * they are the sockets that Node makes of pipes. The first and the last 2 MiB are kept; the disk never holds much more than 64 MiB.
 */
export class LogFile implements Disposable {
  /** For the program's stdout and stderr; opened for appending, so that several writers do not overwrite each other. */
  readonly fd: number;
  #head: Buffer | undefined;
  #tail: Buffer = Buffer.alloc(0);
  #leftOut = 0;
  #closedText: string | undefined;
  readonly #trimming: NodeJS.Timeout;

  /** Throws as `fs.openSync` does. An older file of that name is emptied. */
  constructor(path: string) {
    this.fd = openSync(path, 'a+');
    ftruncateSync(this.fd);
    this.#trimming = setInterval(() => this.#trim(), TRIM_EVERY_MS).unref();
  }

  text(): string {
    if (this.#closedText !== undefined) return this.#closedText;
    const size = fstatSync(this.fd).size;
    if (this.#head === undefined && size <= 2 * KEPT_EACH_END) return this.#read(0, size).toString();
    const head = this.#head ?? this.#read(0, KEPT_EACH_END);
    const tail = this.#head === undefined ? this.#read(size - KEPT_EACH_END, size) : this.#joinedTail(size);
    const written = this.#head === undefined ? size : this.#leftOut + size;
    return `${head}\n[… ${Math.max(0, written - head.length - tail.length)} bytes left out …]\n${tail}`;
  }

  /** Closes the file; `text` stays what it was. */
  [Symbol.dispose](): void {
    if (this.#closedText !== undefined) return;
    clearInterval(this.#trimming);
    this.#closedText = this.text();
    closeSync(this.fd);
  }

  #joinedTail(size: number): Buffer {
    const fresh = this.#read(Math.max(0, size - KEPT_EACH_END), size);
    return Buffer.concat([this.#tail, fresh]).subarray(-KEPT_EACH_END);
  }

  #trim(): void {
    const size = fstatSync(this.fd).size;
    if (size <= TRIMMED_ABOVE) return;
    this.#head ??= this.#read(0, KEPT_EACH_END);
    this.#tail = this.#joinedTail(size);
    this.#leftOut += size;
    ftruncateSync(this.fd);
  }

  #read(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, to - from));
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(this.fd, bytes, done, bytes.length - done, from + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }
}
