import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** RFC 6455, section 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const PING = 0x9;
const PONG = 0xa;
const CLOSE = 0x8;

export const webSocketAccept = (key: string): string =>
  createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64');

/** Sends each frame of a WebSocket client back as a server's: same opcode and payload, unmasked; pings as pongs. Ends after a close. */
export class WebSocketEcho extends Transform {
  /** Bytes of a frame header that is not whole yet. */
  #header: Buffer = Buffer.alloc(0);
  #mask: Buffer | undefined;
  #maskOffset = 0;
  #payloadLeft = 0;
  #closing = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0 && !this.writableEnded) {
      if (this.#payloadLeft > 0) {
        const piece = Buffer.from(rest.subarray(0, this.#payloadLeft));
        rest = rest.subarray(piece.length);
        this.#payloadLeft -= piece.length;
        if (this.#mask) for (let i = 0; i < piece.length; i++) this.#unmask(piece, i);
        this.push(piece);
      } else {
        this.#header = Buffer.concat([this.#header, rest]);
        rest = this.#takeHeader();
      }
      if (this.#closing && this.#payloadLeft === 0) {
        this.push(null);
        break;
      }
    }
    done();
  }

  /** Once the header is whole: answers with a header of its own and gives back what follows; until then gives back nothing. */
  #takeHeader(): Buffer {
    const header = this.#header;
    const [first = 0, second = 0] = header;
    const shortLength = second & 0x7f;
    const lengthBytes = shortLength === 127 ? 8 : shortLength === 126 ? 2 : 0;
    const masked = (second & 0x80) !== 0;
    const size = 2 + lengthBytes + (masked ? 4 : 0);
    if (header.length < 2 || header.length < size) return Buffer.alloc(0);
    this.#payloadLeft =
      lengthBytes === 8 ? Number(header.readBigUInt64BE(2)) : lengthBytes === 2 ? header.readUInt16BE(2) : shortLength;
    this.#mask = masked ? header.subarray(size - 4, size) : undefined;
    this.#maskOffset = 0;
    const opcode = first & 0x0f;
    this.#closing = opcode === CLOSE;
    const answered = opcode === PING ? (first & 0xf0) | PONG : first;
    this.push(Buffer.concat([Buffer.of(answered, shortLength), header.subarray(2, 2 + lengthBytes)]));
    this.#header = Buffer.alloc(0);
    return header.subarray(size);
  }

  #unmask(piece: Buffer, i: number): void {
    piece[i] = (piece[i] ?? 0) ^ (this.#mask?.[this.#maskOffset++ & 3] ?? 0);
  }
}
