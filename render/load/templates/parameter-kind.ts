import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonValue } from '../../json.ts';
import type { ParameterType, TemplateParameter } from './template.ts';

const DURATION = /^-?\d+(?:\.\d{1,9})?s$/;

const KINDS: Record<ParameterType, { readonly want: string; readonly holds: (value: JsonValue) => boolean }> = {
  string: { want: 'a text', holds: (value) => typeof value === 'string' },
  integer: { want: 'a whole number', holds: (value) => Number.isSafeInteger(value) },
  number: { want: 'a number', holds: (value) => typeof value === 'number' },
  boolean: { want: 'true or false', holds: (value) => typeof value === 'boolean' },
  duration: {
    want: 'a duration in seconds, such as 0.25s',
    holds: (value) => typeof value === 'string' && DURATION.test(value),
  },
  mapping: { want: 'a mapping', holds: isJsonObject },
  list: { want: 'a list', holds: (value) => Array.isArray(value) },
  any: { want: 'any value', holds: () => true },
};

/** What was wanted, where `value` is not what the parameter declares. */
export function argumentProblem(parameter: TemplateParameter, value: JsonValue): string | undefined {
  const kind = KINDS[parameter.type];
  if (!kind.holds(value)) return kind.want;
  if (!parameter.enum || parameter.enum.some((allowed) => isDeepStrictEqual(allowed, value))) return undefined;
  return `one of ${parameter.enum.map((allowed) => JSON.stringify(allowed)).join(', ')}`;
}
