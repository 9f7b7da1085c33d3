import type { JsonObject, JsonValue } from '../../json.ts';
import { isJsonObject } from '../../json.ts';
import { wantOneOf } from '../../nearest-names.ts';
import type { LoadRule } from '../rules.ts';
import type { Expression } from './expression.ts';

/** Stands for an optional parameter that was not given: what is exactly it is left out. */
export const ABSENT: unique symbol = Symbol('absent');
export type Absent = typeof ABSENT;

/** What expressions may name. */
export type Scope = {
  readonly stage: string;
  /** Undefined within the values themselves: values do not refer to values. */
  readonly values: JsonObject | undefined;
  /** The arguments of the template instance, defaults filled in; absent outside templates. */
  readonly with?: ReadonlyMap<string, JsonValue | Absent>;
  /** What a generator knows of the service that it instantiates its template for; absent everywhere but in its `with:`. */
  readonly service?: JsonObject;
};

export type Looked =
  | { readonly kind: 'found'; readonly value: JsonValue | Absent }
  | { readonly kind: 'problem'; readonly rule: LoadRule; readonly saw: string; readonly want: string };

export function lookUp(expression: Expression, scope: Scope): Looked {
  const { root, path, written } = expression;
  if (root === 'stage') return { kind: 'found', value: scope.stage };
  if (root === 'with') return lookUpParameter(expression, scope);
  if (root === 'service') return lookUpService(expression, scope);
  if (scope.values === undefined) {
    return {
      kind: 'problem',
      rule: 'bad-expression',
      saw: written,
      want: 'no other expression than ${stage} within the values',
    };
  }
  return walk(scope.values, path, `\${values`, expression, 'unknown-value');
}

function lookUpParameter(expression: Expression, scope: Scope): Looked {
  const [name = '', ...rest] = expression.path;
  if (!scope.with) {
    const want = '${with.…} only within a template; ${values.…} for what a stage sets';
    return { kind: 'problem', rule: 'bad-expression', saw: expression.written, want };
  }
  const value = scope.with.get(name);
  if (value === undefined) {
    const want = wantOneOf('a declared parameter', name, [...scope.with.keys()]);
    return { kind: 'problem', rule: 'unknown-parameter', saw: expression.written, want };
  }
  if (value === ABSENT || rest.length === 0) return { kind: 'found', value };
  return walk(value, rest, `\${with.${name}`, expression, 'unknown-value');
}

/** A tag that a service does not have is left out, so that the parameter takes its default. */
function lookUpService({ path, written }: Expression, { service }: Scope): Looked {
  if (!service) return { kind: 'found', value: written };
  const [first = '', second, ...rest] = path;
  if (first === 'name' && second === undefined) return { kind: 'found', value: service.name ?? null };
  const tags = isJsonObject(service.tags) ? service.tags : {};
  if (first === 'tags' && second !== undefined && rest.length === 0)
    return { kind: 'found', value: Object.hasOwn(tags, second) ? (tags[second] ?? null) : ABSENT };
  return { kind: 'problem', rule: 'bad-expression', saw: written, want: '${service.name}, or ${service.tags.KEY}' };
}

function walk(
  root: JsonValue,
  path: readonly string[],
  prefix: string,
  expression: Expression,
  rule: LoadRule,
): Looked {
  let value = root;
  let walked = prefix;
  for (const name of path) {
    const members = isJsonObject(value) || Array.isArray(value) ? (value as JsonObject) : undefined;
    if (!members || !Object.hasOwn(members, name) || (Array.isArray(value) && name === 'length')) {
      const known = members ? Object.keys(members) : [];
      const want = members ? wantOneOf(`a value of ${walked}}`, name, known) : `${walked}} to be a mapping`;
      return { kind: 'problem', rule, saw: expression.written, want };
    }
    value = members[name] ?? null;
    walked += `.${name}`;
  }
  return { kind: 'found', value };
}
