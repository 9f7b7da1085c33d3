import { createHash, randomUUID } from 'node:crypto';
import type { Digest } from '../../render/ids.ts';
import type { TargetVersion } from '../ids.ts';
import { DELIVERY_FILES, filesOf, heldFromFiles } from './delivery.ts';
import { jsonText } from './json-text.ts';
import { isSamePush, MANIFEST_FILE } from './manifest.ts';
import { watchByPolling } from './poll-watch.ts';
import { redactor } from './redaction.ts';
import { type ObjectStore, objectStore, type S3Settings } from './s3/object-store.ts';
import { type Pointer, pointerFrom, pointerText } from './s3/pointer.ts';
import { type Delivery, type Held, type PushResult, type Target, TargetError } from './target.ts';

export type S3TargetSettings = Omit<S3Settings, 'target' | 'redact'> & {
  /** In the bucket: `mesh/canary`. Everything below it is ours. */
  readonly prefix: string;
  /** Between two looks of `watch` at the pointer. Default 400. */
  readonly pollMs?: number;
  /** Every so many looks, the files that the pointer names are looked at too. Default 20; each such look is a LIST, which stores charge for. */
  readonly lookAtFilesEvery?: number;
};

/** The version where there is no pointer. It can come again when somebody deletes the pointer; the version of a push cannot. */
const NO_POINTER = 'none' as TargetVersion;

/**
 * A prefix in a bucket: `current.json` points at `snapshots/DIGEST/…`, and `history/ID.json` keeps each pointer that was replaced. Files are
 * written first and named for their content; then the pointer is replaced, if it is still the one that was read.
 */
export function s3Target(settings: S3TargetSettings): Target {
  return new S3Target(settings);
}

type Looked = {
  readonly held: Held;
  readonly pointer: Pointer | undefined;
  /** Of the pointer; undefined where there is none. */
  readonly etag: string | undefined;
  readonly text: string;
};

class S3Target implements Target {
  readonly kind = 's3';
  readonly name: string;
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #problem: string | undefined;
  readonly #pollMs: number;
  readonly #lookAtFilesEvery: number;

  constructor({ prefix, pollMs = 400, lookAtFilesEvery = 20, ...settings }: S3TargetSettings) {
    const segments = prefix.split('/').filter((segment) => segment !== '');
    this.name = `s3 ${settings.bucket}/${segments.join('/')}`;
    this.#prefix = segments.map((segment) => `${segment}/`).join('');
    // stores on a file system take these for steps between folders
    const isTrap = segments.some((segment) => segment === '.' || segment === '..') || /\p{Cc}/u.test(prefix);
    this.#problem = isTrap ? `a prefix of ${JSON.stringify(prefix)} is not allowed` : undefined;
    this.#pollMs = pollMs;
    this.#lookAtFilesEvery = lookAtFilesEvery;
    const { credentials } = settings;
    const redact = redactor([credentials?.secretAccessKey, credentials?.sessionToken]);
    this.#store = objectStore({ ...settings, target: this.name, redact });
  }

  async read(signal?: AbortSignal): Promise<Held> {
    return (await this.#look(signal)).held;
  }

  async push(delivery: Delivery, expected: TargetVersion, signal?: AbortSignal): Promise<PushResult> {
    const looked = await this.#look(signal);
    if (looked.held.version !== expected) return this.#settle(looked, delivery, expected);
    if (isDelivered(looked.held, delivery)) return { kind: 'pushed', version: expected };

    const files = filesOf(delivery);
    files.delete(MANIFEST_FILE);
    const folder = this.#folderOf(delivery.snapshot.digest);
    await Promise.all([...files].map(([file, text]) => this.#store.put(folder + file, text, undefined, signal)));
    const { etag, pointer, text } = looked;
    // what is replaced is kept first, so that nobody finds a gap in the chain
    const previous = pointer?.id ?? (etag === undefined ? undefined : foreignId(etag));
    if (previous !== undefined) await this.#store.put(this.#keptAt(previous), text, undefined, signal);

    const before = previous ?? (expected === NO_POINTER ? undefined : expected);
    const next: Pointer = { id: randomUUID(), previous: before, manifest: delivery.manifest };
    const condition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
    const written = await this.#put(next, condition, signal);
    if (written === true) {
      // now, too: should the pointer be taken away, this tells that there was one. The next push makes up for it where it fails.
      await this.#store.put(this.#keptAt(next.id), pointerText(next), undefined, signal).catch(() => false);
      return { kind: 'pushed', version: next.id as TargetVersion };
    }
    const now = await this.#look(signal);
    if (now.pointer?.id === next.id) return { kind: 'pushed', version: now.held.version };
    if (now.held.version === expected) {
      throw written === false
        ? new TargetError(this.name, 'the pointer cannot be replaced, and has not moved')
        : written;
    }
    return this.#settle(now, delivery, expected);
  }

  watch(known: TargetVersion | undefined, signal: AbortSignal): AsyncIterable<Held> {
    let looks = 0;
    let last: { readonly etag: string | undefined; readonly version: TargetVersion } | undefined;
    const peek = async (): Promise<TargetVersion> => {
      looks += 1;
      if (last && looks % this.#lookAtFilesEvery !== 0) {
        const got = await this.#get(this.#pointerKey, last.etag, signal);
        if (got === 'same' || got?.etag === last.etag) return last.version;
      }
      const { etag, held } = await this.#look(signal);
      last = { etag, version: held.version };
      return held.version;
    };
    return watchByPolling({ peek, read: () => this.read(signal), intervalMs: this.#pollMs }, known, signal);
  }

  async history(limit: number, signal?: AbortSignal): ReturnType<Target['history']> {
    const entries = [];
    let text = await this.#textAt(this.#pointerKey, signal);
    while (text !== undefined && entries.length < limit) {
      const read = pointerFrom(text);
      if (!('pointer' in read)) break;
      const { id, previous, manifest } = read.pointer;
      entries.push({ version: id as TargetVersion, manifest, atIso: manifest.atIso });
      text = previous === undefined ? undefined : await this.#textAt(this.#keptAt(previous), signal);
    }
    return entries;
  }

  async readAt(version: TargetVersion, signal?: AbortSignal): Promise<Held | undefined> {
    if (version === NO_POINTER) return { kind: 'empty', version };
    if (!/^[0-9A-Za-z-]{1,80}(?:!\w+)?$/.test(version)) return undefined;
    const current = await this.#look(signal);
    if (current.held.version === version) return current.held;
    const text = await this.#textAt(this.#keptAt(version), signal);
    const read = text === undefined ? undefined : pointerFrom(text);
    if (!read || !('pointer' in read)) return undefined;
    const held = await this.#follow(read.pointer, signal);
    return { ...held, version };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store.close();
  }

  async #look(signal?: AbortSignal): Promise<Looked> {
    const got = await this.#get(this.#pointerKey, undefined, signal);
    if (got === undefined || got === 'same') {
      return { held: await this.#withoutPointer(signal), pointer: undefined, etag: undefined, text: '' };
    }
    const { etag, text } = got;
    const read = pointerFrom(text);
    if ('pointer' in read) {
      return { held: await this.#follow(read.pointer, signal), pointer: read.pointer, etag, text };
    }
    const version = foreignId(etag) as TargetVersion;
    const held: Held = { kind: 'foreign', version, problem: `current.json: ${read.problem}`, digest: undefined };
    return { held, pointer: undefined, etag, text };
  }

  /** Never pushed to, or the pointer was taken away: then files are there. */
  async #withoutPointer(signal?: AbortSignal): Promise<Held> {
    const kept = await this.#store.list(`${this.#prefix}history/`, signal);
    if (kept.size === 0) return { kind: 'empty', version: NO_POINTER };
    const version = `removed-${hashOf([...kept.keys()].toSorted().join('\n'))}` as TargetVersion;
    const problem = 'current.json, with the manifest.json of what is live, was removed';
    return { kind: 'foreign', version, problem, digest: undefined };
  }

  /** Files that were changed by hand make another version: the pointer still says what it said. */
  async #follow(pointer: Pointer, signal?: AbortSignal): Promise<Held> {
    const folder = this.#folderOf(pointer.manifest.digest);
    const files = new Map([[MANIFEST_FILE, jsonText({ ...pointer.manifest, by: [...pointer.manifest.by] })]]);
    const names = DELIVERY_FILES.filter((name) => name !== MANIFEST_FILE);
    const texts = await Promise.all(names.map((name) => this.#textAt(folder + name, signal)));
    for (const [index, name] of names.entries()) {
      const text = texts[index];
      if (text !== undefined) files.set(name, text);
    }
    const held = heldFromFiles(pointer.id as TargetVersion, files);
    if (held.kind === 'delivery') return held;
    return { ...held, version: `${pointer.id}!${hashOf(JSON.stringify([...files]))}` as TargetVersion };
  }

  /** False where the pointer was another; an error where there was no answer. */
  #put(
    next: Pointer,
    condition: Parameters<ObjectStore['put']>[2],
    signal?: AbortSignal,
  ): Promise<boolean | TargetError> {
    return this.#store.put(this.#pointerKey, pointerText(next), condition, signal).catch((error) => {
      if (error instanceof TargetError) return error;
      throw error;
    });
  }

  /** It moved: by the first try of this very push, or by somebody else. */
  #settle({ held, pointer }: Looked, delivery: Delivery, expected: TargetVersion): PushResult {
    const { version } = held;
    const made = isDelivered(held, delivery) && (pointer?.previous ?? NO_POINTER) === bareId(expected);
    return { kind: made ? 'pushed' : 'moved', version };
  }

  get #pointerKey(): string {
    return `${this.#prefix}current.json`;
  }
  #folderOf(digest: Digest): string {
    return `${this.#prefix}snapshots/${digest}/`;
  }
  #keptAt(id: string): string {
    return `${this.#prefix}history/${id}.json`;
  }
  async #get(key: string, unless: string | undefined, signal?: AbortSignal): ReturnType<ObjectStore['get']> {
    if (this.#problem !== undefined) throw new TargetError(this.name, this.#problem);
    return this.#store.get(key, { unless, signal });
  }
  async #textAt(key: string, signal?: AbortSignal): Promise<string | undefined> {
    const got = await this.#get(key, undefined, signal);
    return got === 'same' ? undefined : got?.text;
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
/** Names a pointer that is not ours. */
const foreignId = (etag: string): string => `foreign-${hashOf(etag)}`;
const bareId = (version: TargetVersion): string => version.split('!')[0] ?? version;

const isDelivered = (held: Held, { manifest }: Delivery): boolean =>
  held.kind === 'delivery' && isSamePush(held.delivery.manifest, manifest);
