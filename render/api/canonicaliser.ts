import type { JsonObject } from '../json.ts';
import { RESOURCE_TYPES, type Resource, resourceLabel, type WrittenResource } from '../resource.ts';
import type { ApiSet } from './api-set.ts';
import { checkMessage } from './check-message.ts';
import type { ApiFinding } from './walk.ts';

export type Canonicalised = { readonly resource?: Resource; readonly findings: readonly ApiFinding[] };

/**
 * Turns written resources into canonical ones, by the messages of `set` (always `newestApiSet()` outside of tests: the digest must not
 * depend on which Envoy versions a matrix has). There is a `resource` whenever a name could be read; with errors among the
 * findings it lacks what could not be decoded and is for further checks only, never to be served.
 */
export const canonicaliser =
  (set: ApiSet) =>
  (written: WrittenResource): Canonicalised => {
    const { message, nameField } = RESOURCE_TYPES[written.kind];
    const label = labelOf(written);
    const { body, findings } = checkMessage(set, message, written.body, { at: written.at, resource: label });
    const name = body[nameField];
    if (typeof name === 'string' && name !== '')
      return { resource: { kind: written.kind, name, body, at: written.at }, findings };
    const path = snakeCase(nameField);
    // rendering refuses it before under the same rule; bodies that come from elsewhere are held to it as well
    const missing: ApiFinding = {
      rule: 'missing-name',
      severity: 'error',
      at: written.at,
      saw: `${path}: a ${written.kind} without a name`,
      want: `${path}, since resources are served and found by name`,
      path,
      resource: label,
    };
    return { findings: findings.some((finding) => finding.path === path) ? findings : [missing, ...findings] };
  };

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `cluster payments`, as far as it can be told before decoding. */
export function labelOf({ kind, body }: { readonly kind: WrittenResource['kind']; readonly body: JsonObject }): string {
  const { nameField } = RESOURCE_TYPES[kind];
  const name = body[nameField] ?? body[snakeCase(nameField)];
  return typeof name === 'string' && name !== '' ? resourceLabel({ kind, name }) : kind;
}
