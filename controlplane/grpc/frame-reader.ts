const HEADER = 5;
const NOTHING = Buffer.alloc(0);

/** What may end a call: a message that is not to be taken. */
export type FrameProblem = { readonly kind: 'compressed' } | { readonly kind: 'too-large'; readonly size: number };

/**
 * Cuts what arrives on a call into messages: a byte that says whether one is compressed, four for its length, and the message.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export class FrameReader {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #held = 0;
  /** Of the message that has begun to arrive; undefined: not known yet. */
  #size: number | undefined;
  #isHeldUp = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a message that has not arrived as a whole. */
  get held(): number {
    return this.#held;
  }

  /** What has arrived may hold more messages: they are given with the next bytes, which may be none. */
  get isHeldUp(): boolean {
    return this.#isHeldUp;
  }

  /** Lets go what has arrived of a message. */
  clear(): void {
    this.#pieces = [];
    this.#held = 0;
    this.#size = undefined;
    this.#isHeldUp = false;
  }

  /** Gives the messages that `chunk` completes, without copying those that lie in it as a whole. `take` says whether it takes another one now. */
  push(chunk: Buffer, take: (message: Buffer) => boolean): FrameProblem | undefined {
    this.#isHeldUp = false;
    let rest = chunk;
    if (this.#held > 0) {
      this.#pieces.push(chunk);
      this.#held += chunk.length;
      if (this.#held < HEADER + (this.#size ?? 0)) return undefined;
      rest = Buffer.concat(this.#pieces, this.#held);
      this.#pieces = [];
      this.#held = 0;
    }
    let at = 0;
    while (rest.length - at >= HEADER) {
      if (rest[at] !== 0) return { kind: 'compressed' };
      const size = rest.readUInt32BE(at + 1);
      if (size > this.#maxBytes) return { kind: 'too-large', size };
      if (rest.length - at - HEADER < size) {
        this.#size = size;
        break;
      }
      this.#size = undefined;
      const message = rest.subarray(at + HEADER, at + HEADER + size);
      at += HEADER + size;
      if (!take(message) && at < rest.length) {
        this.#isHeldUp = true;
        break;
      }
    }
    const left = at === 0 ? rest : at === rest.length ? NOTHING : rest.subarray(at);
    if (left.length > 0) {
      this.#pieces = [left];
      this.#held = left.length;
    }
    return undefined;
  }
}
