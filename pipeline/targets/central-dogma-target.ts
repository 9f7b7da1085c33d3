import type { TargetVersion } from '../ids.ts';
import { dogmaApi, refusedBy } from './central-dogma/dogma-api.ts';
import { type DogmaChange, DogmaFolder } from './central-dogma/dogma-folder.ts';
import { type DogmaPlace, dogmaPlace, namesProblem } from './central-dogma/dogma-place.ts';
import { filesOf, heldFromFiles } from './delivery.ts';
import { isSamePush, pushMessage } from './manifest.ts';
import { pause, tryOrOutage } from './poll-watch.ts';
import { redactor } from './redaction.ts';
import { type Delivery, type Held, type PushResult, type Target, TargetError } from './target.ts';

export type CentralDogmaTargetSettings = {
  readonly url: string;
  readonly project: string;
  readonly repository: string;
  /** The folder of this stage: `/canary`. Others may use the rest of the repository. */
  readonly path: string;
  /** An application token; without one the server is asked as `anonymous`. */
  readonly token?: string | undefined;
};

/** How long one question of `watch` stands. A change is answered at once; a server that went away without a word is noticed after this. */
const WATCH_SECONDS = 15;
const AFTER_OUTAGE_MS = 300;
/** Others who commit elsewhere in the repository make ours conflict, each time anew. */
const MAX_TRIES = 100;

/** A folder of a Central Dogma repository; the version is the revision that last changed one of our files in it. */
export function centralDogmaTarget(settings: CentralDogmaTargetSettings): Target {
  return new CentralDogmaTarget(settings);
}

const versionOf = (revision: number): TargetVersion => String(revision) as TargetVersion;

class CentralDogmaTarget implements Target {
  readonly kind = 'central-dogma';
  readonly name: string;
  readonly #place: DogmaPlace;
  readonly #folder: DogmaFolder;
  readonly #problem: string | undefined;

  constructor({ url, project, repository, path, token }: CentralDogmaTargetSettings) {
    const address = URL.canParse(url) ? new URL(url) : undefined;
    const redact = redactor([token, address?.password]);
    this.name = `central-dogma ${address?.host ?? 'at no address'}, ${project}/${repository}${path}`;
    this.#place = dogmaPlace(path);
    this.#problem =
      address && /^https?:$/.test(address.protocol)
        ? namesProblem(project, repository, path)
        : 'only http: and https: addresses are allowed as its url';
    const ask = dogmaApi({ target: this.name, url, project, repository, token, redact });
    this.#folder = new DogmaFolder(
      this.name,
      async (...question) => {
        if (this.#problem !== undefined) throw new TargetError(this.name, this.#problem);
        return ask(...question);
      },
      this.#place,
    );
  }

  async read(signal?: AbortSignal): Promise<Held> {
    return (await this.#look(signal)).held;
  }

  async push(delivery: Delivery, expected: TargetVersion, signal?: AbortSignal): Promise<PushResult> {
    const { head, held, files } = await this.#look(signal);
    if (held.version !== expected) return this.#settle(held, delivery, expected, signal);
    if (isDelivered(held, delivery)) return { kind: 'pushed', version: held.version };
    for (let base = head, attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      const answer = await this.#commit(base, delivery, [...files.keys()], expected, signal);
      if ('kind' in answer) return answer;
      if (answer.exception !== 'ChangeConflictException' && answer.exception !== 'RedundantChangeException') {
        throw refusedBy(this.name, 'the push was refused', answer);
      }
      // any newer revision conflicts: only when it changed our files did we lose, else the same goes on top of it
      const now = await this.#folder.head(signal);
      if (versionOf(now.touched) !== expected) return this.#settle(await this.read(signal), delivery, expected, signal);
      base = now.head;
    }
    throw new TargetError(this.name, `others committed to the repository during each of ${MAX_TRIES} tries to push`);
  }

  async *watch(known: TargetVersion | undefined, signal: AbortSignal): AsyncGenerator<Held> {
    let seen = known;
    while (!signal.aborted) {
      const looked = await tryOrOutage(signal, () => this.#look(signal));
      if (signal.aborted) return;
      if (looked && looked.held.version !== seen) {
        seen = looked.held.version;
        yield looked.held;
      }
      const asked =
        looked && (await tryOrOutage(signal, () => this.#folder.changed(looked.head, WATCH_SECONDS, signal)));
      if (!asked && !(await pause(AFTER_OUTAGE_MS, signal))) return;
    }
  }

  async history(limit: number, signal?: AbortSignal): ReturnType<Target['history']> {
    const { head } = await this.#folder.head(signal);
    const entries = [];
    for (const { revision, atIso } of await this.#folder.commits(head, 1, Math.min(limit, 1_000), signal)) {
      const manifest = await this.#folder.manifestAt(revision, signal);
      entries.push({ version: versionOf(revision), manifest, atIso });
    }
    return entries;
  }

  async readAt(version: TargetVersion, signal?: AbortSignal): Promise<Held | undefined> {
    if (version === versionOf(0)) return { kind: 'empty', version };
    if (!/^[1-9]\d{0,8}$/.test(version)) return undefined;
    const files = await this.#folder.files(Number(version), signal);
    return files && heldFromFiles(version, files);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #look(signal?: AbortSignal): Promise<{ head: number; held: Held; files: Map<string, string> }> {
    const { head, touched } = await this.#folder.head(signal);
    const files = await this.#folder.files(head, signal);
    if (!files) throw new TargetError(this.name, `revision ${head} is gone again`);
    return { head, files, held: heldFromFiles(versionOf(touched), files) };
  }

  /** The server's answer, or the result where there is no answer but it can be seen that the push arrived. */
  async #commit(
    base: number,
    delivery: Delivery,
    there: readonly string[],
    expected: TargetVersion,
    signal?: AbortSignal,
  ): Promise<PushResult | Awaited<ReturnType<DogmaFolder['commit']>>> {
    const files = filesOf(delivery);
    const changes: DogmaChange[] = [...files].map(([file, text]) => ({
      path: this.#place.pathOf(file),
      type: 'UPSERT_JSON',
      content: JSON.parse(text),
    }));
    for (const file of there) if (!files.has(file)) changes.push({ path: this.#place.pathOf(file), type: 'REMOVE' });
    const { summary, detail } = pushMessage(delivery.manifest);
    try {
      const answer = await this.#folder.commit(base, { summary, detail, markup: 'PLAINTEXT' }, changes, signal);
      const revision =
        answer.status === 200 ? (answer.body as { revision?: unknown } | undefined)?.revision : undefined;
      return typeof revision === 'number' ? { kind: 'pushed', version: versionOf(revision) } : answer;
    } catch (lost) {
      if (!(lost instanceof TargetError)) throw lost;
      const settled = await this.read(signal)
        .then((held) => this.#settle(held, delivery, expected, signal))
        .catch(() => undefined);
      if (settled?.kind === 'pushed') return settled;
      throw lost;
    }
  }

  /** It moved: by the first try of this very push, or by somebody else. */
  async #settle(held: Held, delivery: Delivery, expected: TargetVersion, signal?: AbortSignal): Promise<PushResult> {
    const { version } = held;
    if (!isDelivered(held, delivery)) return { kind: 'moved', version };
    const [, before] = await this.#folder.commits(Number(version), 1, 2, signal);
    return { kind: versionOf(before?.revision ?? 0) === expected ? 'pushed' : 'moved', version };
  }
}

const isDelivered = (held: Held, { manifest }: Delivery): boolean =>
  held.kind === 'delivery' && isSamePush(held.delivery.manifest, manifest);
