import type { JsonObject } from '../../json.ts';
import type { FieldPlan } from '../message-plan.ts';
import type { Walk } from '../walk.ts';

/** A warning for a deprecated field that is set, an error for one that Envoy no longer takes. */
export function reportRetired(walk: Walk, field: FieldPlan, holder: JsonObject, key: string): void {
  if (!field.deprecated && !field.disallowed) return;
  const fullName = `${field.desc.parent.typeName}.${field.desc.name}`;
  const since = field.deprecatedAt ? ` since API ${field.deprecatedAt}` : '';
  if (field.disallowed && !walk.allowsRetired(fullName))
    walk.report(
      'disallowed-field',
      holder,
      key,
      `retired field ${fullName}`,
      'what its API documentation names instead',
      true,
    );
  else
    walk.report(
      'deprecated-field',
      holder,
      key,
      `deprecated field ${fullName}${since}`,
      'what its API documentation names instead',
      true,
    );
}
