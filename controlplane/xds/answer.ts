import { createHash } from 'node:crypto';
import type { ServedResource } from '../served-snapshot.ts';
import { encodeResponseBody } from './discovery-messages.ts';
import type { Subscription } from './subscription.ts';

/** Resources of one type in the order they are sent, and the version that they have together. */
export type Answer = {
  readonly typeUrl: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
};

/**
 * The part of `resources` that is subscribed to. Its version is the hash of what is in it: a node that reconnects and holds the same
 * is sent nothing, whichever server or run it spoke to before.
 */
export function answerFor(
  { typeUrl, names }: Pick<Subscription, 'typeUrl' | 'names'>,
  resources: readonly ServedResource[],
): Answer {
  const asked = names === 'all' ? resources : resources.filter(({ name }) => names.has(name));
  const hash = createHash('sha256');
  for (const { name, version } of asked) hash.update(`${name}\0${version}\n`);
  return { typeUrl, version: hash.digest('hex').slice(0, 16), resources: asked };
}

const LATEST = 64;

/** Encoded answers by type and version, so that many streams share the bytes; the latest few are kept. */
export class AnswerBytes {
  readonly #bodies = new Map<string, Uint8Array>();

  bodyOf({ typeUrl, version, resources }: Answer): Uint8Array {
    const key = `${typeUrl} ${version}`;
    const known = this.#bodies.get(key);
    if (known) return known;
    const body = encodeResponseBody(typeUrl, version, resources);
    this.#bodies.set(key, body);
    if (this.#bodies.size > LATEST) this.#bodies.delete(this.#bodies.keys().next().value ?? '');
    return body;
  }
}
