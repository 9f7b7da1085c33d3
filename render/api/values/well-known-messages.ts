import type { DescMessage } from '@bufbuild/protobuf';
import { isJsonObject, type JsonValue } from '../../json.ts';
import { copyFree } from './canonical-object.ts';
import { emptyScalar } from './field-defaults.ts';
import { type Read, readScalar } from './read-scalar.ts';
import { readDuration, readFieldMask, readTimestamp } from './read-well-known.ts';

/** A message of `google.protobuf` in the JSON form of its own; undefined where it has none, or is not written in it. */
export function readWellKnown(desc: DescMessage, json: JsonValue): Read | undefined {
  if (!desc.typeName.startsWith('google.protobuf.')) return undefined;
  switch (desc.typeName) {
    case 'google.protobuf.Duration':
      return readDuration(json);
    case 'google.protobuf.Timestamp':
      return readTimestamp(json);
    case 'google.protobuf.FieldMask':
      return readFieldMask(json);
    case 'google.protobuf.Value':
      return { value: copyFree(json) };
    case 'google.protobuf.Struct':
      return isJsonObject(json) ? { value: copyFree(json) } : undefined;
    case 'google.protobuf.ListValue':
      return Array.isArray(json) ? { value: copyFree(json) } : { rule: 'wrong-type', want: 'a list' };
    default:
      return readWrapper(desc, json);
  }
}

function readWrapper(desc: DescMessage, json: JsonValue): Read | undefined {
  const inner = desc.typeName.endsWith('Value') ? desc.fields[0]?.scalar : undefined;
  if (inner === undefined) return undefined;
  // Envoy takes a wrapper written out as well.
  const isWrittenOut = isJsonObject(json) && Object.keys(json).every((name) => name === 'value');
  const written = isWrittenOut ? (json.value ?? null) : json;
  return written === null ? { value: emptyScalar(inner) } : readScalar(inner, written);
}
