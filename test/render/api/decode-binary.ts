import { fromBinary, toJson } from '@bufbuild/protobuf';
import { typeNameOf } from '../../../render/api/any/walk-any.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import type { JsonObject } from '../../../render/json.ts';

const NOWHERE = { file: '', line: 1, column: 1 };

/**
 * The canonical JSON of an encoded message. Fields that the newest API in the repository does not know are not in it. Throws on bytes that
 * are no such message, and on a type that is not known.
 */
export function decodeBinary(typeUrl: string, bytes: Uint8Array): JsonObject {
  const set = newestApiSet();
  const name = typeNameOf(typeUrl);
  const schema = set.registry.getMessage(name);
  if (!schema) throw new Error(`no message ${name} in the newest Envoy API`);
  const json = toJson(schema, fromBinary(schema, bytes), { registry: set.registry });
  return checkMessage(set, name, json as JsonObject, { at: NOWHERE }).body;
}
