import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetVersion } from '../../ids.ts';
import { DELIVERY_FILES } from '../delivery.ts';

/** One numbered version as it stands on disk. */
export type Folder = {
  readonly number: number;
  readonly version: TargetVersion;
  readonly files: ReadonlyMap<string, string>;
};

export const VERSIONS = 'versions';
const CURRENT = 'current';
export const NO_VERSION = '0' as TargetVersion;

const folderName = (number: number): string => String(number).padStart(6, '0');
const numberIn = (name: string): number => (/^\d{6,15}$/.test(name) ? Number(name) : 0);
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** Undefined for what is not there. */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  });
}

/** The numbers of the folders that are there, newest first. */
export async function numbersIn(root: string): Promise<number[]> {
  const names = (await ifThere(readdir(join(root, VERSIONS)))) ?? [];
  return names
    .map(numberIn)
    .filter((number) => number > 0)
    .sort((a, b) => b - a);
}

/** What `current` points at; 0 where it does not point at a version. It counts as used even if its folder is gone. */
export async function numberOfPointer(root: string): Promise<number> {
  const to = await readlink(join(root, CURRENT)).catch(() => '');
  return to.startsWith(`${VERSIONS}/`) ? numberIn(to.slice(VERSIONS.length + 1)) : 0;
}

/** Undefined where the folder is gone. The version names the number and the bytes, so that an edit by hand is another version. */
export async function readFolder(root: string, number: number): Promise<Folder | undefined> {
  const dir = join(root, VERSIONS, folderName(number));
  if (!(await ifThere(stat(dir)))) return undefined;
  const files = new Map<string, string>();
  const hash = createHash('sha256');
  const contents = await Promise.all(DELIVERY_FILES.map((name) => readText(join(dir, name))));
  for (const [index, name] of DELIVERY_FILES.entries()) {
    const text = contents[index];
    if (text === undefined) continue;
    files.set(name, text);
    hash.update(`${name} ${Buffer.byteLength(text)}\n${text}`);
  }
  return { number, version: `${number}.${hash.digest('hex').slice(0, 16)}` as TargetVersion, files };
}

/** When a version was written, as the file system says. */
export const timeOfFolder = async (root: string, number: number): Promise<Date> =>
  (await stat(join(root, VERSIONS, folderName(number)))).mtime;

/** A folder where a file should be reads as an empty text, which no file of a delivery is. */
async function readText(path: string): Promise<string | undefined> {
  return ifThere(readFile(path, 'utf8')).catch((error) => {
    if (codeOf(error) === 'EISDIR') return '';
    throw error;
  });
}

/** Changes when a file of the newest version may have changed: cheap to ask, and without reading contents. */
export async function fingerprint(root: string): Promise<string> {
  const [newest = 0] = await numbersIn(root);
  const dir = join(root, VERSIONS, folderName(newest));
  const stats = await Promise.all(DELIVERY_FILES.map((name) => ifThere(stat(join(dir, name), { bigint: true }))));
  const parts = stats.map((info) => (info ? `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}` : '-'));
  return `${newest} ${await numberOfPointer(root)} ${parts.join(' ')}`;
}

/**
 * Puts the files in as version `number`, whole, unless that number is taken: a folder is made beside and renamed to its place, which
 * the kernel refuses where there is one with something in it. The rename is the commit; nothing is held that a killed process could leave.
 */
export async function claimFolder(root: string, number: number, files: ReadonlyMap<string, string>): Promise<boolean> {
  const work = join(root, VERSIONS, `.work-${randomUUID()}`);
  await mkdir(work, { recursive: true });
  try {
    for (const [name, text] of files) await writeDurably(join(work, name), text);
    await syncFolder(work);
    try {
      await rename(work, join(root, VERSIONS, folderName(number)));
    } catch (error) {
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
      throw error;
    }
    await syncFolder(join(root, VERSIONS));
    return true;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Points `current` at the newest version, for readers that know nothing of numbers. Looks again afterwards: a process that was
 * stopped before its switch may have pointed it back, and then it is also the last to look.
 */
export async function pointAtNewest(root: string): Promise<void> {
  for (;;) {
    const [newest] = await numbersIn(root);
    if (newest === undefined || (await numberOfPointer(root)) === newest) return;
    const link = join(root, `.current-${randomUUID()}`);
    await symlink(`${VERSIONS}/${folderName(newest)}`, link);
    await rename(link, join(root, CURRENT)).catch(async (error) => {
      await rm(link, { force: true });
      throw error;
    });
    await syncFolder(root);
  }
}

/** Removes versions older than the newest `keep`, and what killed processes left more than an hour before the newest version. */
export async function prune(root: string, keep: number): Promise<void> {
  const numbers = await numbersIn(root);
  const dir = join(root, VERSIONS);
  for (const number of numbers.slice(keep)) await rm(join(dir, folderName(number)), { recursive: true, force: true });
  const [newest = 0] = numbers;
  const made = (await ifThere(stat(join(dir, folderName(newest)))))?.mtimeMs ?? 0;
  for (const name of await readdir(dir)) {
    if (!name.startsWith('.work-')) continue;
    const left = await ifThere(stat(join(dir, name)));
    if (left && left.mtimeMs < made - 3_600_000) await rm(join(dir, name), { recursive: true, force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
