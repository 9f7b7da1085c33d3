import { RESOURCE_TYPES, type Resource, type WrittenResource } from '../resource.ts';
import { type ApiSet, newestApiSet } from './api-set.ts';
import { checkMessage } from './check-message.ts';
import { newestWalk } from './newest-walk.ts';
import { labelOf, snakeCase } from './resource-label.ts';
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
    const checked =
      set === newestApiSet()
        ? newestWalk(written)
        : checkMessage(set, message, written.body, { at: written.at, resource: label });
    const { body } = checked;
    // which Envoys take what was retired, and what a bootstrap allows them, is for the check of each version to say
    const findings = checked.findings.filter(({ rule }) => rule !== 'disallowed-field');
    const name = body[nameField];
    if (typeof name === 'string' && name !== '')
      return {
        resource: {
          kind: written.kind,
          name,
          body,
          at: written.at,
          ...(written.discovery ? { discovery: written.discovery } : {}),
        },
        findings,
      };
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
