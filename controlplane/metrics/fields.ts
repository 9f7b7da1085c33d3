/**
 * Walks through the bytes of a protobuf message and of those inside of it, without a copy and without an object for each: for messages with
 * thousands of small ones. https://protobuf.dev/programming-guides/encoding/
 */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;
  /** Of the field that is looked at: its wire type, and where its content is. */
  #wire = 0;
  #from = 0;
  #to = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the field that is looked at ends; what is read of a message inside of it ends there. */
  get end(): number {
    return this.#to;
  }

  /**
   * Calls `take` for each field up to `end`: at the top from the beginning, inside of `take` of the message that is looked at. `take`
   * returns false to look at no more of them. Throws on bytes that are no message.
   */
  each(end: number, take: (field: number) => unknown): void {
    const inside = this.#from;
    const [wire, to] = [this.#wire, this.#to];
    if (inside > 0 && wire !== 2) return;
    this.#at = inside;
    while (this.#at < end) {
      const tag = this.#varint();
      this.#wire = tag & 7;
      this.#from = this.#at;
      if (this.#wire === 0) this.#varint();
      else if (this.#wire === 1) this.#at += 8;
      else if (this.#wire === 5) this.#at += 4;
      else if (this.#wire === 2) {
        const length = this.#varint();
        this.#from = this.#at;
        this.#at += length;
      } else throw new Error(`wire type ${this.#wire} at byte ${this.#from} is none`);
      if (this.#at > end) throw new RangeError(`a field at byte ${this.#from} ends after its message`);
      this.#to = this.#at;
      const next = this.#at;
      if (take(Math.floor(tag / 8)) === false) break;
      this.#at = next;
    }
    this.#from = inside;
    this.#wire = wire;
    this.#to = to;
  }

  text(): string {
    return this.#wire === 2 ? this.#bytes.toString('utf8', this.#from, this.#to) : '';
  }

  double(): number {
    return this.#wire === 1 ? this.#bytes.readDoubleLE(this.#from) : 0;
  }

  uint(): number {
    if (this.#wire !== 0) return 0;
    const at = this.#at;
    this.#at = this.#from;
    const value = this.#varint();
    this.#at = at;
    return value;
  }

  /** Above 2^53 it is not exact; what is counted so is none. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError('the message ends in the middle of a number');
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError(`a number at byte ${this.#at} has no end`);
  }
}
