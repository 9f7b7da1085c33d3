import type { ServedResource } from '../served-snapshot.ts';
import { fieldSize, writeFieldStart } from './wire-fields.ts';

export type Variant = 'sotw' | 'delta';

/**
 * A response as it goes over the wire, without its nonce: protobuf lets the fields of a message be written one after the other, so
 * the nonce, of one length always, is put behind bytes that all streams share. In front is what gRPC puts before each message: that
 * it is not compressed, and its length, nonce included.
 */
export type ResponseFrame = Buffer;

const GRPC_HEADER = 5;
const NONCE_DIGITS = 8;
const TAIL_SIZE = fieldSize(NONCE_DIGITS);
const NONCE_FIELD = 5;

export type ResponseContent = {
  readonly typeUrl: string;
  /** `version_info`, or `system_version_info`. */
  readonly version: string;
  readonly resources: readonly ServedResource[];
  /** Only delta can say it. */
  readonly removed: readonly string[];
};

/** `DiscoveryResponse` and `DeltaDiscoveryResponse`: https://github.com/envoyproxy/envoy/blob/main/api/envoy/service/discovery/v3/discovery.proto */
export function encodeResponse(
  variant: Variant,
  { typeUrl, version, resources, removed }: ResponseContent,
): ResponseFrame {
  const type = Buffer.from(typeUrl);
  const anySize = (value: Uint8Array): number => fieldSize(type.length) + fieldSize(value.length);
  const named =
    variant === 'delta' ? resources.map((one) => [Buffer.from(one.name), Buffer.from(one.version)] as const) : [];
  const resourceSize = ({ bytes }: ServedResource, index: number): number => {
    const [name, own] = named[index] ?? [];
    const any = anySize(bytes);
    return name && own ? fieldSize(own.length) + fieldSize(any) + fieldSize(name.length) : any;
  };
  const sizes = resources.map(resourceSize);
  const versionBytes = Buffer.from(version);
  const gone = removed.map((name) => Buffer.from(name));
  const sum = (parts: readonly number[]): number => parts.reduce((total, size) => total + fieldSize(size), 0);
  const body = sum([versionBytes.length, type.length]) + sum(sizes) + sum(gone.map(({ length }) => length));
  const frame = Buffer.allocUnsafeSlow(GRPC_HEADER + body);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(body + TAIL_SIZE, 1);
  let at = GRPC_HEADER;
  const put = (field: number, content: Uint8Array): void => {
    at = writeFieldStart(frame, at, field, content.length);
    frame.set(content, at);
    at += content.length;
  };
  const putAny = (value: Uint8Array): void => {
    put(1, type);
    put(2, value);
  };
  put(1, versionBytes);
  put(4, type);
  resources.forEach(({ bytes }, index) => {
    at = writeFieldStart(frame, at, 2, sizes[index] ?? 0);
    const [name, own] = named[index] ?? [];
    if (name && own) {
      put(1, own);
      at = writeFieldStart(frame, at, 2, anySize(bytes));
      putAny(bytes);
      put(3, name);
    } else putAny(bytes);
  });
  for (const name of gone) put(6, name);
  return frame;
}

/** The nonce of a stream's answer `count`, counted from 1. */
export const nonceOf = (count: number): string => count.toString(16).padStart(NONCE_DIGITS, '0').slice(-NONCE_DIGITS);

/** What goes behind a frame. */
export function nonceTail(nonce: string): Buffer {
  const tail = Buffer.allocUnsafe(TAIL_SIZE);
  const at = writeFieldStart(tail, 0, NONCE_FIELD, NONCE_DIGITS);
  tail.write(nonce, at, 'latin1');
  return tail;
}
