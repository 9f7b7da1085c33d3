import { type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { newestApiSet } from '../../render/api/api-set.ts';
import { decodeNode, type XdsNode } from '../xds/discovery-messages.ts';

/** A message of the newest Envoy API in the repository. Throws when it is not there. */
export function messageSchema(name: string): DescMessage {
  const schema = newestApiSet().registry.getMessage(name);
  if (!schema) throw new Error(`no message ${name} in the newest Envoy API`);
  return schema;
}

/** The number of a field, by its name as in the API. */
export function fieldNumber(schema: DescMessage, field: string): number {
  const found = schema.fields.find(({ name }) => name === field);
  if (!found) throw new Error(`no field ${field} in ${schema.typeName}`);
  return found.number;
}

/** Decodes by reflection; `Shape` names the fields that are read, in lowerCamelCase, and is what the API says of them. */
export const decodeAs = <Shape>(schema: DescMessage, bytes: Uint8Array): Shape =>
  fromBinary(schema, bytes) as unknown as Shape;

/** The length-delimited fields of a message, one after the other, undecoded. Throws on bytes that are no message. */
function eachMessage(bytes: Uint8Array, take: (field: number, body: Uint8Array) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) take(field, reader.bytes());
    else reader.skip(wireType, field);
  }
}

/** What the first message of a stream of `schema` says of the Envoy that sends it, in its `identifier.node`. */
export function nodeIn(schema: DescMessage, bytes: Uint8Array): XdsNode | undefined {
  const identifier = fieldNumber(schema, 'identifier');
  const inner = schema.fields.find(({ name }) => name === 'identifier')?.message;
  if (!inner) throw new Error(`no identifier in ${schema.typeName}`);
  const node = fieldNumber(inner, 'node');
  let found: XdsNode | undefined;
  eachMessage(bytes, (field, part) => {
    if (field !== identifier) return;
    eachMessage(part, (innerField, body) => {
      if (innerField === node) found = decodeNode(body);
    });
  });
  return found;
}
