import type { JsonArray, JsonObject, JsonValue } from '../../json.ts';
import type { FieldPlan } from '../message-plan.ts';
import { isDefault } from './read-scalar.ts';

export const takesNull = ({ value }: FieldPlan): boolean =>
  value.kind === 'message' && value.desc.typeName === 'google.protobuf.Value';

/** What a member of a map or list is when it is written as null. */
export function emptyOf(field: FieldPlan): JsonValue {
  if (takesNull(field)) return null;
  if (field.value.kind === 'scalar') return emptyScalar(field.value.type);
  return field.value.kind === 'enum' ? 0 : {};
}

/** STRING is 9 and BYTES 12, BOOL 8 in `descriptor.proto`; all others are numbers, which take "0" as text too. */
export const emptyScalar = (type: number): JsonValue =>
  type === 9 || type === 12 ? '' : type === 8 ? false : SIXTY_FOUR.has(type) ? '0' : 0;
const SIXTY_FOUR = new Set([3, 4, 6, 16, 18]);

export function isDefaultOf(field: FieldPlan, value: JsonValue): boolean {
  if (field.shape === 'list') return (value as JsonArray).length === 0;
  if (field.shape === 'map') return Object.keys(value as JsonObject).length === 0;
  if (field.value.kind === 'message') return false;
  if (field.value.kind === 'enum') return value === 0 || value === field.value.enum.value[0]?.name;
  return isDefault(value);
}
