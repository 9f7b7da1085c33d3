import type { JsonValue } from '../../json.ts';
import { show } from '../constraints/compile-rules.ts';
import type { FieldPlan } from '../message-plan.ts';
import { knownFrom } from '../unknown-names.ts';
import type { Walk } from '../walk.ts';

/** An enum by name (of any case) or number; canonical: the name, or the number where it has none. */
export function walkEnum(
  walk: Walk,
  field: FieldPlan,
  json: JsonValue,
  container: object,
  key: string | number,
): JsonValue | undefined {
  const desc = field.desc.enum;
  if (!desc || (typeof json !== 'string' && !(typeof json === 'number' && Number.isInteger(json)))) {
    walk.report('wrong-type', container, key, show(json), `one of ${desc?.values.map(({ name }) => name).join(', ')}`);
    return undefined;
  }
  const upper = typeof json === 'string' ? json.toUpperCase() : '';
  const named =
    typeof json === 'string'
      ? desc.values.find(({ name }) => name === json || name.toUpperCase() === upper)
      : undefined;
  const number = named?.number ?? (typeof json === 'number' || /^-?\d+$/.test(json) ? Number(json) : undefined);
  if (number === undefined || number < -(2 ** 31) || number >= 2 ** 31) {
    const from = knownFrom(
      walk.set,
      (set) => set.registry.getEnum(desc.typeName)?.values.some(({ name }) => name === upper) === true,
    );
    const names = `one of ${desc.values.map(({ name }) => name).join(', ')}`;
    walk.report(
      'unknown-enum-value',
      container,
      key,
      show(json),
      from ? `${names}; ${upper} is known from Envoy ${from} on` : names,
    );
    return undefined;
  }
  walk.witness?.enumValue(field, number);
  const state = walk.set.plans.enumValueState(desc, number);
  const name = desc.value[number]?.name;
  if (number !== 0 && name && (state.disallowed || state.deprecated)) {
    const full = `${desc.typeName}.${name}`;
    const retired = state.disallowed && !walk.allowsRetired(full);
    walk.report(
      retired ? 'disallowed-field' : 'deprecated-field',
      container,
      key,
      `${retired ? 'retired' : 'deprecated'} value ${full}`,
      'another value',
    );
  }
  return name ?? number;
}
