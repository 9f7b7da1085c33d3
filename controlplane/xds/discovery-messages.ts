import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { StructSchema } from '@bufbuild/protobuf/wkt';

/** What a node says of itself in the first request of a stream. */
export type XdsNode = {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: JsonObject;
  /** `1.38.3`, as the node says of its build; empty where it says nothing. */
  readonly version: string;
};

/*
 * Field numbers: https://github.com/envoyproxy/envoy/blob/main/api/envoy/config/core/v3/base.proto. Written by hand because an Envoy
 * lists each of its extensions here, which nobody reads.
 */

/** Throws on bytes that are no node. */
export function decodeNode(bytes: Uint8Array): XdsNode {
  let id = '';
  let cluster = '';
  let metadata: JsonObject = {};
  let version = '';
  eachField(bytes, (field, reader) => {
    if (field === 1) id = reader.string();
    else if (field === 2) cluster = reader.string();
    else if (field === 3) metadata = toJson(StructSchema, fromBinary(StructSchema, reader.bytes())) as JsonObject;
    else if (field === 7) version = reader.string();
    else if (field === 8) version = decodeBuildVersion(reader.bytes()) ?? version;
    else return false;
    return true;
  });
  return { id, cluster, metadata, version };
}

/** Throws as `decodeNode` does. */
export function decodeNodeId(bytes: Uint8Array): string {
  let id = '';
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    id = reader.string();
    return true;
  });
  return id;
}

/** `envoy.config.core.v3.BuildVersion`: three numbers in a message of their own. */
function decodeBuildVersion(bytes: Uint8Array): string | undefined {
  let version: string | undefined;
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    const numbers = [0, 0, 0];
    const semantic = new BinaryReader(reader.bytes());
    while (semantic.pos < semantic.len) {
      const [part, wireType] = semantic.tag();
      if (part <= 3 && wireType === WireType.Varint) numbers[part - 1] = semantic.uint32();
      else semantic.skip(wireType, part);
    }
    version = numbers.join('.');
    return true;
  });
  return version;
}

/** `take` returns false for a field that it did not read. All fields that are read here are length-delimited. */
function eachField(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || !take(field, reader)) reader.skip(wireType, field);
  }
}
