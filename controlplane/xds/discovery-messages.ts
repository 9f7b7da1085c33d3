import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import type { ServedResource } from '../served-snapshot.ts';

/** What a node says of itself in the first request of a stream. */
export type XdsNode = {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: JsonObject;
  /** `1.38.3`, as the node says of its build; empty where it says nothing. */
  readonly version: string;
};

/** The parts of `envoy.service.discovery.v3.DiscoveryRequest` that a server needs. */
export type DiscoveryRequest = {
  readonly kind: 'request';
  readonly versionInfo: string;
  readonly node: XdsNode | undefined;
  readonly resourceNames: readonly string[];
  readonly typeUrl: string;
  readonly responseNonce: string;
  /** Envoy's own words; present in a NACK, even when it has none. */
  readonly errorDetail: string | undefined;
};
export type Malformed = { readonly kind: 'malformed'; readonly problem: string };

/*
 * Field numbers: https://github.com/envoyproxy/envoy/blob/main/api/envoy/service/discovery/v3/discovery.proto and
 * config/core/v3/base.proto. Written by hand because three messages with seven fields do not need their descriptors, and because
 * the bytes of a resource must go into an answer as they are.
 */

/** Never throws: whatever a peer sends is a value. */
export function decodeDiscoveryRequest(bytes: Uint8Array): DiscoveryRequest | Malformed {
  try {
    const names: string[] = [];
    const text = { versionInfo: '', typeUrl: '', responseNonce: '' };
    let node: XdsNode | undefined;
    let errorDetail: string | undefined;
    eachField(bytes, (field, reader) => {
      if (field === 1) text.versionInfo = reader.string();
      else if (field === 2) node = decodeNode(reader.bytes());
      else if (field === 3) names.push(reader.string());
      else if (field === 4) text.typeUrl = reader.string();
      else if (field === 5) text.responseNonce = reader.string();
      else if (field === 6) errorDetail = decodeStatusMessage(reader.bytes());
      else return false;
      return true;
    });
    return { kind: 'request', ...text, node, resourceNames: names, errorDetail };
  } catch (fault) {
    return { kind: 'malformed', problem: fault instanceof Error ? fault.message : String(fault) };
  }
}

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

function decodeStatusMessage(bytes: Uint8Array): string {
  let message = '';
  eachField(bytes, (field, reader) => {
    if (field !== 2) return false;
    message = reader.string();
    return true;
  });
  return message;
}

/** `take` returns false for a field that it did not read. All fields that are read here are length-delimited. */
function eachField(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || !take(field, reader)) reader.skip(wireType, field);
  }
}

/** An answer without its nonce: the same bytes for every stream that it goes to. */
export function encodeResponseBody(
  typeUrl: string,
  versionInfo: string,
  resources: readonly ServedResource[],
): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(versionInfo);
  writer.tag(4, WireType.LengthDelimited).string(typeUrl);
  for (const { bytes } of resources) {
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(typeUrl);
    writer.tag(2, WireType.LengthDelimited).bytes(bytes);
    writer.join();
  }
  return writer.finish();
}

/** Protobuf lets the fields of a message be written one after the other, so the nonce is put behind the shared bytes. */
export function withNonce(body: Uint8Array, nonce: string): Buffer {
  const tail = new BinaryWriter().tag(5, WireType.LengthDelimited).string(nonce).finish();
  return Buffer.concat([body, tail]);
}
