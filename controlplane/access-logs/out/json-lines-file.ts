import type { Stats } from 'node:fs';
import { type FileHandle, open as openFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessLogOut } from './access-log-out.ts';
import { jsonLine } from './json-line.ts';

export type FileOutOptions = {
  readonly path: string;
  /** Told when it cannot be written, and when it can again. */
  readonly say: (line: string) => void;
  /** Bytes of lines that wait for the disk; what comes beyond them is dropped. Default 16 MiB. */
  readonly maxWaitingBytes?: number;
  /** How a file is opened. Default: as the operating system does. */
  readonly open?: (path: string, flags: string, mode: number) => Promise<FileHandle>;
};

const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** So often it looks whether the file was renamed or removed. */
const LOOK_EVERY_MS = 1_000;
const RETRY_AFTER_MS = 1_000;
/** The last lines are not waited for longer. */
const CLOSE_WITHIN_MS = 2_000;
/** Readable by its group: what reads logs is seldom who writes them. */
const MODE = 0o640;
const NEWLINE = 0x0a;

const isSame = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one !== undefined && one.ino === other?.ino && one.dev === other.dev;

/**
 * Appends access logs to a file as lines of JSON. A file that was renamed or removed is made anew within a second of the next line, or by
 * `reopen`; no line is lost by that, and none is cut in two. Where the disk takes nothing, lines wait. Rejects when it cannot be opened.
 */
export async function jsonLinesFile(options: FileOutOptions): Promise<AccessLogOut> {
  const { path, say, maxWaitingBytes = MAX_WAITING_BYTES, open = openFile } = options;
  let file = await open(path, 'a', MODE);
  let lookedAtMs = performance.now();
  let isStale = false;
  let lines: string[] = [];
  let waiting = 0;
  let waitingBytes = 0;
  let written = 0;
  let dropped = 0;
  let isFailing = false;
  let isClosing = false;
  let writing: Promise<void> | undefined;

  /** The file that bears the name now, and whether it is another than that of the last time. */
  async function current(): Promise<readonly [file: FileHandle, isAnother: boolean]> {
    const now = performance.now();
    if (!isStale && now - lookedAtMs >= LOOK_EVERY_MS) {
      lookedAtMs = now;
      const [named, held] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
      isStale = !isSame(named, held);
    }
    if (!isStale) return [file, false];
    const old = file;
    // The old one is held meanwhile, so that its number is not given to the new one.
    file = await open(path, 'a', MODE);
    isStale = false;
    const [before, after] = await Promise.all([old.stat().catch(() => undefined), file.stat()]);
    await old.close().catch(() => undefined);
    return [file, !isSame(before, after)];
  }

  /** All that waits. Of a batch that fails halfway only the rest is written again, in a new file from the line on that was cut. */
  async function drain(): Promise<void> {
    while (lines.length > 0) {
      const batch = lines;
      lines = [];
      const bytes = Buffer.from(batch.join(''));
      let at = 0;
      while (at < bytes.length)
        try {
          const [to, isAnother] = await current();
          if (isAnother && at > 0) {
            const begin = bytes.lastIndexOf(NEWLINE, at - 1) + 1;
            waitingBytes += at - begin;
            at = begin;
          }
          const { bytesWritten } = await to.write(bytes.subarray(at));
          at += bytesWritten;
          waitingBytes -= bytesWritten;
          if (isFailing) say(`the access log ${path} is written again`);
          isFailing = false;
        } catch (error) {
          if (!isFailing)
            say(`the access log ${path} cannot be written: ${error instanceof Error ? error.message : error}`);
          isFailing = true;
          isStale = true;
          await sleep(RETRY_AFTER_MS, undefined, { ref: false });
          if (isClosing) return;
        }
      written += batch.length;
      waiting -= batch.length;
    }
  }

  return {
    name: 'file',
    write(logged) {
      const line = jsonLine(logged);
      const bytes = Buffer.byteLength(line);
      if (isClosing || waitingBytes + bytes > maxWaitingBytes) {
        dropped += 1;
        return;
      }
      lines.push(line);
      waiting += 1;
      waitingBytes += bytes;
      writing ??= drain().finally(() => {
        writing = undefined;
      });
    },
    counts: () => ({ written, dropped, waiting }),
    reopen() {
      isStale = true;
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([writing, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      isClosing = true;
      dropped += waiting;
      waiting = 0;
      await file.close().catch(() => undefined);
    },
  };
}
