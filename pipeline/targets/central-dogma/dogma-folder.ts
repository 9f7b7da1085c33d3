import type { JsonObject, JsonValue } from '../../../render/json.ts';
import { isJsonObject } from '../../../render/json.ts';
import { listAt, numberAt, objectsAt, stringAt } from '../../../render/read-json.ts';
import { filesFromValues } from '../delivery.ts';
import { MANIFEST_FILE, manifestFrom } from '../manifest.ts';
import { type Manifest, TargetError } from '../target.ts';
import { type AskDogma, type DogmaAnswer, refusedBy } from './dogma-api.ts';
import type { DogmaPlace } from './dogma-place.ts';

export type DogmaCommit = { readonly revision: number; readonly atIso: string };
/** The newest revision of the repository, and the newest of those that changed a file of ours; 0 where none has. */
export type DogmaHead = { readonly head: number; readonly touched: number };
export type DogmaChange = {
  readonly path: string;
  readonly type: 'UPSERT_JSON' | 'REMOVE';
  readonly content?: JsonValue;
};

/** Our files in a repository that others may use too. */
export class DogmaFolder {
  readonly #target: string;
  readonly #ask: AskDogma;
  readonly #place: DogmaPlace;
  #last: DogmaHead = { head: 0, touched: 0 };

  constructor(target: string, ask: AskDogma, place: DogmaPlace) {
    this.#target = target;
    this.#ask = ask;
    this.#place = place;
  }

  async head(signal?: AbortSignal): Promise<DogmaHead> {
    const answer = await this.#ask('GET', '/revision/-1', { signal });
    const head = numberAt(answer.body, 'revision');
    if (answer.status !== 200 || head === undefined) throw refusedBy(this.#target, 'no newest revision', answer);
    const last = this.#last.head <= head ? this.#last : { head: 0, touched: 0 };
    if (head === last.head) return last;
    const [commit] = await this.commits(head, last.head + 1, 1, signal);
    this.#last = { head, touched: commit?.revision ?? last.touched };
    return this.#last;
  }

  /** The revisions that changed a file of ours, newest first, from `from` back to `to`. */
  async commits(from: number, to: number, limit: number, signal?: AbortSignal): Promise<DogmaCommit[]> {
    const query = { to: Math.max(1, to), path: this.#place.pattern, maxCommits: limit };
    const answer = await this.#ask('GET', `/commits/${from}`, { query, signal });
    if (answer.status === 204) return [];
    if (answer.status !== 200) throw refusedBy(this.#target, 'no history', answer);
    // one commit comes as an object, several as a list
    const entries = isJsonObject(answer.body) ? [answer.body] : listAt({ list: answer.body ?? null }, 'list');
    return entries.flatMap((entry) => {
      const revision = numberAt(entry, 'revision');
      return revision === undefined ? [] : [{ revision, atIso: stringAt(entry, 'pushedAt') }];
    });
  }

  /** The files at a revision; undefined where there is no such revision. */
  async files(revision: number, signal?: AbortSignal): Promise<Map<string, string> | undefined> {
    const answer = await this.#ask('GET', `/contents${this.#place.pattern}`, { query: { revision }, signal });
    if (answer.status === 204) return new Map();
    if (answer.exception === 'RevisionNotFoundException') return undefined;
    if (answer.status !== 200) throw refusedBy(this.#target, 'no contents', answer);
    const values = new Map<string, JsonValue>();
    const notJson: string[] = [];
    for (const entry of objectsAt({ list: answer.body ?? null }, 'list')) {
      const file = this.#place.fileAt(stringAt(entry, 'path'));
      if (file === undefined) continue;
      if (entry.type === 'JSON' && entry.content !== undefined) values.set(file, entry.content);
      else notJson.push(file);
    }
    const files = filesFromValues(values);
    for (const file of notJson) files.set(file, ''); // a folder of that name; no file of a delivery is empty
    return files;
  }

  async manifestAt(revision: number, signal?: AbortSignal): Promise<Manifest | undefined> {
    const path = `/contents${this.#place.pathOf(MANIFEST_FILE)}`;
    const answer = await this.#ask('GET', path, { query: { revision }, signal });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refusedBy(this.#target, 'no manifest', answer);
    const read = manifestFrom(isJsonObject(answer.body) ? answer.body.content : undefined);
    return 'manifest' in read ? read.manifest : undefined;
  }

  /** All changes as one commit, if the repository is still at `base`. */
  commit(
    base: number,
    message: JsonObject,
    changes: readonly DogmaChange[],
    signal?: AbortSignal,
  ): Promise<DogmaAnswer> {
    const body = { commitMessage: message, changes: changes.map((change) => ({ ...change })) };
    return this.#ask('POST', '/contents', { query: { revision: base }, body, signal, timeoutMs: 30_000 });
  }

  /** Resolves when a file of ours may have changed after `revision`, or after `seconds`. */
  async changed(revision: number, seconds: number, signal: AbortSignal): Promise<true> {
    const headers = { 'if-none-match': String(revision), prefer: `wait=${seconds}` };
    const timeoutMs = (seconds + 10) * 1_000;
    const answer = await this.#ask('GET', `/contents${this.#place.pattern}`, { headers, signal, timeoutMs });
    if (answer.status === 200 || answer.status === 304) return true;
    if (answer.exception === 'ShuttingDownException') throw new TargetError(this.#target, 'the server is stopping');
    throw refusedBy(this.#target, 'cannot watch', answer);
  }
}
