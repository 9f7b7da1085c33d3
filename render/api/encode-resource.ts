import { create, fromJson, toBinary } from '@bufbuild/protobuf';
import type { JsonObject } from '../json.ts';
import { RESOURCE_TYPES, type Resource } from '../resource.ts';
import { newestApiSet } from './api-set.ts';

const encoded = new WeakMap<Resource, Uint8Array>();

/**
 * The resource as the bytes of its message, as it goes into the Any of an xDS answer. Same canonical body, same bytes: fields in order
 * of their numbers, map members in the order of `body`, which is sorted. Kept per resource object. Throws on a body with errors.
 */
export function encodeResource(resource: Resource): Uint8Array {
  const kept = encoded.get(resource);
  if (kept) return kept;
  const bytes = encodeMessage(RESOURCE_TYPES[resource.kind].message, resource.body);
  encoded.set(resource, bytes);
  return bytes;
}

/** Canonical JSON of any Envoy message as bytes, by the newest API in the repository. */
export function encodeMessage(messageName: string, body: JsonObject): Uint8Array {
  const { registry } = newestApiSet();
  const schema = registry.getMessage(messageName);
  if (!schema) throw new Error(`no message ${messageName} in the newest Envoy API`);
  const message = Object.keys(body).length === 0 ? create(schema) : fromJson(schema, body, { registry });
  return toBinary(schema, message);
}
