import type { JsonObject } from '../../json.ts';
import type { FieldPlan, MessagePlan } from '../message-plan.ts';
import { FILTER_CONFIG, isOptional } from './check-slot.ts';

/** Whatever stands in this place, it is not held to be a registered extension. */
export const UNJUDGED: readonly string[] = [];

/** An optional filter may be unknown to an Envoy; so may a per-route configuration that is switched off. */
export const isDispensable = (plan: MessagePlan, json: JsonObject): boolean =>
  plan.typedConfig !== undefined
    ? isOptional(json)
    : plan.desc.typeName === FILTER_CONFIG && (isOptional(json) || json.disabled === true);

/** The field's own note wins over what its holder inherited, unless it is the place that the holder's note is about. */
export function slotOf(field: FieldPlan, inherited: readonly string[] | undefined): readonly string[] | undefined {
  if (inherited === UNJUDGED) return undefined;
  return field.desc.name === 'typed_config' ? (inherited ?? field.categories) : field.categories;
}
