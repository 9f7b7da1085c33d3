import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../finding.ts';
import { locationIn, type SourceFile, sourceFile } from '../source-location.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { loadFinding, startOf } from './rules.ts';

export type TextFile =
  | { readonly kind: 'text'; readonly source: SourceFile; readonly text: string; readonly bytes: number }
  | { readonly kind: 'refused'; readonly finding: Finding };

/** Reads one UTF-8 file of at most `MAX_FILE_BYTES`; `file` is relative to `dir`. A larger one is refused before it is read. */
export async function readTextFile(dir: string, file: string): Promise<TextFile> {
  const refuse = (finding: Finding): TextFile => ({ kind: 'refused', finding });
  let bytes: Buffer;
  try {
    await using handle = await open(join(dir, file), 'r');
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES) return refuse(tooLarge(file, size));
    // one byte more than allowed, so that a file which grows meanwhile is seen to
    const buffer = Buffer.allocUnsafe(Math.min(size + 1, MAX_FILE_BYTES + 1));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > MAX_FILE_BYTES) return refuse(tooLarge(file, length));
    bytes = buffer.subarray(0, length);
  } catch (error) {
    const saw = (error as NodeJS.ErrnoException).code ?? String(error);
    return refuse(loadFinding('file-unreadable', startOf(file), saw, 'a file that this user may read'));
  }
  const text = bytes.toString('utf8');
  const at = firstInvalidByte(bytes, text);
  if (at !== undefined) {
    const before = bytes.subarray(0, at).toString('utf8');
    const saw = `byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')} at offset ${at}`;
    const where = locationIn(sourceFile(file, before), before.length);
    return refuse(loadFinding('not-utf8', where, saw, 'UTF-8 text; save the file in that encoding'));
  }
  return { kind: 'text', source: sourceFile(file, text), text, bytes: bytes.length };
}

function tooLarge(file: string, size: number): Finding {
  const mebibytes = (count: number): string => `${(count / 1024 / 1024).toFixed(1)} MiB`;
  const want = `at most ${mebibytes(MAX_FILE_BYTES)} in one file; split it into several`;
  return loadFinding('file-too-large', startOf(file), mebibytes(size), want);
}

/** Decoding puts U+FFFD for what is no UTF-8; where the text has none of its own, encoding it again finds the first difference. */
function firstInvalidByte(bytes: Buffer, text: string): number | undefined {
  if (!text.includes('\ufffd')) return undefined;
  const again = Buffer.from(text, 'utf8');
  const shorter = Math.min(again.length, bytes.length);
  for (let at = 0; at < shorter; at += 1) if (again[at] !== bytes[at]) return startOfCharacter(again, at);
  return again.length === bytes.length ? undefined : shorter;
}

/** U+FFFD is EF BF BD: a difference within it began at its first byte. */
function startOfCharacter(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
