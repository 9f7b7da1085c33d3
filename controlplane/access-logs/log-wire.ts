import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** `take` returns false for a field that it did not read. Throws on bytes that are no message. */
export function eachField(
  bytes: Uint8Array,
  take: (field: number, wire: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (!take(field, wire, reader)) reader.skip(wire, field);
  }
}

export const messageOf = (reader: BinaryReader): Uint8Array => reader.bytes();

/** What is no UTF-8 becomes U+FFFD: a header may hold any bytes, and nobody's log ends for that. */
export function textOf(reader: BinaryReader): string {
  const bytes = reader.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** 0 where it is more than can be: 2^53 and above is not exact. */
export function countOf(reader: BinaryReader): number {
  const count = Number(reader.uint64());
  return Number.isSafeInteger(count) ? count : 0;
}

/** Of a `Duration`, or of a `Timestamp` since 1970. */
export function millisOf(bytes: Uint8Array): number {
  let seconds = 0;
  let nanos = 0;
  eachField(bytes, (field, wire, reader) => {
    if (wire !== WireType.Varint || field > 2) return false;
    if (field === 1) seconds = Number(reader.int64());
    else nanos = reader.int32();
    return true;
  });
  return seconds * 1_000 + nanos / 1_000_000;
}

/** Of a `UInt32Value`. */
export function wrappedNumber(bytes: Uint8Array): number {
  let value = 0;
  eachField(bytes, (field, wire, reader) => {
    if (field !== 1 || wire !== WireType.Varint) return false;
    value = reader.uint32();
    return true;
  });
  return value;
}

/** Of a `map<string, string>`. */
export function mapEntry(bytes: Uint8Array): readonly [string, string] {
  let key = '';
  let value = '';
  eachField(bytes, (field, wire, reader) => {
    if (wire !== WireType.LengthDelimited || field > 2) return false;
    if (field === 1) key = textOf(reader);
    else value = textOf(reader);
    return true;
  });
  return [key, value];
}

/** `host:port` of a socket address, the path of a pipe, or nothing. https://github.com/envoyproxy/envoy/blob/main/api/envoy/config/core/v3/address.proto */
export function addressOf(bytes: Uint8Array): string {
  let found = '';
  eachField(bytes, (field, wire, reader) => {
    if (wire !== WireType.LengthDelimited || field > 2) return false;
    found = field === 1 ? socketAddress(messageOf(reader)) : mapEntry(messageOf(reader))[0];
    return true;
  });
  return found;
}

function socketAddress(bytes: Uint8Array): string {
  let address = '';
  let port = 0;
  eachField(bytes, (field, wire, reader) => {
    if (field === 2 && wire === WireType.LengthDelimited) address = textOf(reader);
    else if (field === 3 && wire === WireType.Varint) port = reader.uint32();
    else return false;
    return true;
  });
  return address === '' ? '' : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
