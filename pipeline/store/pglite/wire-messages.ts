/**
 * Cuts the bytes of one PostgreSQL client into the units that a server answers: a start-up packet, a simple query, or everything up to
 * a Sync. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export type WireUnit = { readonly kind: 'start' | 'query' | 'ask-for-tls' | 'cancel' | 'end'; readonly bytes: Buffer };

const TLS_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
/** Larger messages than PostgreSQL itself takes are no messages. */
const MAX_MESSAGE_BYTES = 1 << 30;

export class WireUnits {
  #rest: Buffer = Buffer.alloc(0);
  #open: Buffer[] = [];
  #started = false;

  /** The units that these bytes complete, in order. Throws a `RangeError` for what is no message of the protocol. */
  *push(bytes: Buffer): Generator<WireUnit> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const typeBytes = this.#started ? 1 : 0;
      if (this.#rest.length < typeBytes + 4) return;
      const length = this.#rest.readInt32BE(typeBytes);
      if (length < 4 || length > MAX_MESSAGE_BYTES) throw new RangeError(`message of ${length} bytes`);
      const end = typeBytes + length;
      if (this.#rest.length < end) return;
      const message = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      const unit = this.#started ? this.#typed(message) : this.#untyped(message);
      if (unit) yield unit;
    }
  }

  #untyped(message: Buffer): WireUnit {
    const code = message.length >= 8 ? message.readInt32BE(4) : 0;
    if (code === TLS_REQUEST || code === GSS_REQUEST) return { kind: 'ask-for-tls', bytes: message };
    if (code === CANCEL_REQUEST) return { kind: 'cancel', bytes: message };
    this.#started = true;
    return { kind: 'start', bytes: message };
  }

  #typed(message: Buffer): WireUnit | undefined {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === 'X') return { kind: 'end', bytes: message };
    this.#open.push(message);
    if (type !== 'S' && type !== 'Q') return undefined;
    const bytes = this.#open.length === 1 ? message : Buffer.concat(this.#open);
    this.#open = [];
    return { kind: 'query', bytes };
  }
}
