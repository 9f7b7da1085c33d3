/** Output of a script is kept up to this: half from its beginning, half from its end. */
const OUTPUT_CAP_BYTES = 256 * 1024;

/**
 * Keeps the head and the tail of what is written to it and counts the rest, in memory that does not grow with the amount: a
 * program that prints 100 MB is neither slowed down nor kept.
 */
export class CappedOutput {
  readonly #half: number;
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;

  constructor(capBytes = OUTPUT_CAP_BYTES) {
    this.#half = Math.floor(capBytes / 2);
  }

  write(chunk: Buffer): void {
    this.#total += chunk.length;
    const forHead = chunk.subarray(0, Math.max(0, this.#half - this.#headBytes));
    if (forHead.length > 0) {
      // A copy, for the chunk may be a small piece of a large pooled buffer.
      this.#head.push(Buffer.from(forHead));
      this.#headBytes += forHead.length;
    }
    const rest = chunk.subarray(forHead.length);
    if (rest.length === 0) return;
    this.#tail.push(Buffer.from(rest.subarray(Math.max(0, rest.length - this.#half))));
    this.#tailBytes += Math.min(rest.length, this.#half);
    // Many small chunks are joined, so that neither their number nor their bytes grow.
    if (this.#tailBytes > 2 * this.#half || this.#tail.length > 512) {
      const joined = Buffer.concat(this.#tail);
      this.#tail = [Buffer.from(joined.subarray(Math.max(0, joined.length - this.#half)))];
      this.#tailBytes = this.#tail[0]?.length ?? 0;
    }
  }

  get totalBytes(): number {
    return this.#total;
  }

  /** What was kept; where something was left out, a line says how much. */
  text(): string {
    const joined = Buffer.concat(this.#tail);
    const tail = joined.subarray(Math.max(0, joined.length - this.#half));
    const leftOut = this.#total - this.#headBytes - tail.length;
    const gap = leftOut > 0 ? `\n… ${leftOut} bytes left out …\n` : '';
    return `${Buffer.concat(this.#head).toString('utf8')}${gap}${tail.toString('utf8')}`;
  }
}
