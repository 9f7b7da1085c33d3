import type { JsonObject } from '../json.ts';
import { RESOURCE_TYPES, resourceLabel, type WrittenResource } from '../resource.ts';

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `cluster payments`, as far as it can be told before decoding. */
export function labelOf({ kind, body }: { readonly kind: WrittenResource['kind']; readonly body: JsonObject }): string {
  const { nameField } = RESOURCE_TYPES[kind];
  const name = body[nameField] ?? body[snakeCase(nameField)];
  return typeof name === 'string' && name !== '' ? resourceLabel({ kind, name }) : kind;
}
