import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WheelError } from './wheel-error.ts';
import { pinOf, type WheelPins } from './wheel-pins.ts';

/** `first-use`: not pinned in the repository; its hash is trusted from now on, on this machine. */
export type WheelTrust = { readonly kind: 'pinned' | 'seen-before' | 'first-use'; readonly sha256: string };

type Question = {
  readonly wheel: string;
  readonly version: string;
  readonly pins: WheelPins;
  /** Hashes of first use, one file per wheel, outlive the unpacked wheels. */
  readonly trustDir: string;
};

/** Holds a wheel against its pin, or against the hash that it had when it was first used. Rejects with `CHECKSUM_MISMATCH`. */
export async function trustWheel({ wheel, version, pins, trustDir }: Question): Promise<WheelTrust> {
  const fileName = basename(wheel);
  const sha256 = await sha256Of(wheel);
  const pinned = pinOf(pins, version, fileName);
  if (pinned !== undefined) {
    if (pinned === sha256) return { kind: 'pinned', sha256 };
    throw mismatch(
      fileName,
      pinned,
      sha256,
      'the repository pins',
      'it was not used; is the package index what you think it is?',
    );
  }
  const known = join(trustDir, `${fileName}.sha256`);
  await mkdir(trustDir, { recursive: true });
  const draft = `${wheel}.sha256`;
  await writeFile(draft, `${sha256}\n`);
  try {
    // A link is made or not, whoever else tries at the same moment; and what it names is written already.
    await link(draft, known);
    return { kind: 'first-use', sha256 };
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault;
  } finally {
    await rm(draft, { force: true });
  }
  const before = (await readFile(known, 'utf8')).trim();
  if (before === sha256) return { kind: 'seen-before', sha256 };
  throw mismatch(fileName, before, sha256, 'at first use it had', `if the change is meant, delete ${known}`);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

const mismatch = (file: string, want: string, saw: string, whose: string, then: string): WheelError =>
  new WheelError('CHECKSUM_MISMATCH', `${file} has SHA-256 ${saw}, but ${whose} ${want}; ${then}`);
