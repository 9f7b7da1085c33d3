/** Length-prefixed messages of gRPC over HTTP/2: one byte of flags, four bytes of length, the message. */
const PREFIX_BYTES = 5;
/** gRPC's own default limit is 4 MiB; more than this is garbage. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** Cuts a stream of bytes into messages. `push` throws `RangeError` when a length is beyond all reason. */
export class GrpcFrameReader {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Buffer[] = [];
    while (this.#pending.length >= PREFIX_BYTES) {
      const length = this.#pending.readUInt32BE(1);
      if (length > MAX_MESSAGE_BYTES) throw new RangeError(`gRPC message of ${length} bytes`);
      if (this.#pending.length < PREFIX_BYTES + length) break;
      messages.push(this.#pending.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
      this.#pending = this.#pending.subarray(PREFIX_BYTES + length);
    }
    return messages;
  }
}

/** `application/grpc`, `application/grpc+proto`, `application/grpc;…`; not gRPC-Web. */
export const isGrpcContentType = (value: string | undefined): boolean =>
  value !== undefined && /^application\/grpc(?:$|[+;])/.test(value);
