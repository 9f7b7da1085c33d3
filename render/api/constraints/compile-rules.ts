import type { DescField } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '../../json.ts';
import { comparableDuration, rangeProblems } from './range-rules.ts';
import { type FieldRulesMessage, given, type Rules } from './rules-message.ts';
import { bytesProblems, stringProblems } from './string-rules.ts';

/** What is wrong with a value: `where` leads from the field's value to the item meant, `want` says in plain words what is allowed. */
export type RuleProblem = { readonly where: readonly (string | number)[]; readonly saw: string; readonly want: string };

export type CompiledRules = {
  /** Whether a field that is not there breaks the rules. */
  readonly whenAbsent: (implicit: boolean) => boolean;
  /** `value` in canonical JSON; undefined: the field is not there. */
  readonly problems: (value: JsonValue | undefined) => readonly RuleProblem[];
  /** The message's own constraints are not looked at. */
  readonly skip: boolean;
};

export const show = (value: JsonValue): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

type Check = (value: JsonValue) => readonly RuleProblem[];

/** Compiles the rules of one field. Rules that depend on the time of the day (`lt_now`, `within`) are left out: a verdict must not. */
export function compileRules(field: DescField, rules: FieldRulesMessage): CompiledRules {
  const { case: kind, value: typed } = rules.type;
  const required =
    (rules.message !== undefined && given<boolean>(rules.message, 'required') === true) ||
    (typed !== undefined && given<boolean>(typed, 'required') === true);
  const skip = rules.message !== undefined && given<boolean>(rules.message, 'skip') === true;
  const check = kind && typed ? checkOf(kind, typed, field) : undefined;
  // Presence is judged first; an absent scalar without presence is its default value, an absent list is an empty one.
  const absent = (): JsonValue | undefined => {
    if (field.fieldKind === 'list') return [];
    if (field.fieldKind === 'map') return {};
    if (field.fieldKind === 'message' || kind === undefined) return undefined;
    return DEFAULTS[kind] ?? (INTEGER_64.has(kind) ? '0' : 0);
  };
  return {
    skip,
    whenAbsent(implicit) {
      const seen = implicit ? absent() : undefined;
      return required || (seen !== undefined && check !== undefined && check(seen).length > 0);
    },
    problems(value) {
      if (value === undefined && required) return [{ where: [], saw: 'nothing', want: 'a value, it is required' }];
      const seen = value === undefined ? absent() : value;
      return seen === undefined || check === undefined ? [] : check(seen);
    },
  };
}

const DEFAULTS: Readonly<Record<string, JsonValue>> = { string: '', bytes: '', bool: false, float: 0, double: 0 };
const INTEGER_64 = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

function checkOf(kind: string, rules: Rules, field: DescField): Check | undefined {
  switch (kind) {
    case 'string':
      return (value) => at([], value, stringProblems(rules, String(value)));
    case 'bytes':
      return (value) => at([], value, bytesProblems(rules, String(value)));
    case 'bool': {
      const wanted = given<boolean>(rules, 'const');
      return (value) => (wanted === undefined || value === wanted ? [] : at([], value, [String(wanted)]));
    }
    case 'enum':
      return enumCheck(rules, field);
    case 'duration':
      return (value) => at([], value, rangeProblems(rules, comparableDuration(value)));
    case 'timestamp':
      return undefined;
    case 'any':
      return anyCheck(rules);
    case 'repeated':
      return repeatedCheck(rules, field);
    case 'map':
      return mapCheck(rules, field);
    default:
      return (value) => {
        // `NaN` and the infinities are text in JSON.
        const number = INTEGER_64.has(kind) ? BigInt(value as string) : Number(value);
        return at([], value, rangeProblems(rules, number));
      };
  }
}

const at = (where: readonly (string | number)[], value: JsonValue, wants: readonly string[]): RuleProblem[] =>
  wants.map((want) => ({ where, saw: show(value), want }));

function enumCheck(rules: Rules, field: DescField): Check {
  const desc = field.enum;
  const numberOf = (value: JsonValue): number | undefined =>
    typeof value === 'number' ? value : desc?.values.find(({ name }) => name === value)?.number;
  const names = (numbers: readonly number[]): string =>
    numbers.map((number) => desc?.value[number]?.name ?? String(number)).join(', ');
  return (value) => {
    const number = value === 0 || value === '' ? 0 : numberOf(value);
    const wants: string[] = [];
    const constant = given<number>(rules, 'const');
    const allowed = given<number[]>(rules, 'in') ?? [];
    const refused = given<number[]>(rules, 'notIn') ?? [];
    if (given<boolean>(rules, 'definedOnly') && (number === undefined || !desc?.value[number]))
      wants.push(`one of ${desc?.values.map(({ name }) => name).join(', ')}`);
    if (constant !== undefined && number !== constant) wants.push(names([constant]));
    if (number !== undefined && allowed.length > 0 && !allowed.includes(number)) wants.push(`one of ${names(allowed)}`);
    if (number !== undefined && refused.includes(number)) wants.push(`anything but ${names(refused)}`);
    return at([], typeof value === 'number' ? (desc?.value[value]?.name ?? value) : value, wants);
  };
}

function anyCheck(rules: Rules): Check {
  const allowed = given<string[]>(rules, 'in') ?? [];
  const refused = given<string[]>(rules, 'notIn') ?? [];
  return (value) => {
    const url = String((value as JsonObject)['@type'] ?? '');
    const wants: string[] = [];
    if (allowed.length > 0 && !allowed.includes(url)) wants.push(`@type to be one of ${allowed.join(', ')}`);
    if (refused.includes(url)) wants.push(`@type to be none of ${refused.join(', ')}`);
    return at([], url, wants);
  };
}

const plural = (count: bigint | number, noun: string): string =>
  `${count} ${noun}${count === 1n || count === 1 ? '' : 's'}`;

/** The checks of items, keys and values are the checks of a field of that type. */
function nestedCheck(rules: FieldRulesMessage | undefined, field: DescField): Check | undefined {
  const { case: kind, value } = rules?.type ?? {};
  return kind && value ? checkOf(kind, value, field) : undefined;
}

function repeatedCheck(rules: Rules, field: DescField): Check {
  const min = given<bigint>(rules, 'minItems');
  const max = given<bigint>(rules, 'maxItems');
  const unique = given<boolean>(rules, 'unique') === true;
  const items = nestedCheck(given<FieldRulesMessage>(rules, 'items'), field);
  const ignoreEmpty = given<boolean>(rules, 'ignoreEmpty') === true;
  return (value) => {
    const list = value as readonly JsonValue[];
    if (ignoreEmpty && list.length === 0) return [];
    const problems: RuleProblem[] = [];
    const saw = plural(list.length, 'item');
    if (min !== undefined && list.length < min)
      problems.push({ where: [], saw, want: `at least ${plural(min, 'item')}` });
    if (max !== undefined && list.length > max)
      problems.push({ where: [], saw, want: `at most ${plural(max, 'item')}` });
    if (unique) {
      const seen = new Set<string>();
      for (const [index, item] of list.entries()) {
        const text = JSON.stringify(item);
        if (seen.has(text)) problems.push({ where: [index], saw: `${show(item)} again`, want: 'each item once' });
        seen.add(text);
      }
    }
    if (items)
      for (const [index, item] of list.entries())
        for (const problem of items(item)) problems.push({ ...problem, where: [index, ...problem.where] });
    return problems;
  };
}

function mapCheck(rules: Rules, field: DescField): Check {
  const min = given<bigint>(rules, 'minPairs');
  const max = given<bigint>(rules, 'maxPairs');
  const keys = nestedCheck(given<FieldRulesMessage>(rules, 'keys'), field);
  const values = nestedCheck(given<FieldRulesMessage>(rules, 'values'), field);
  const ignoreEmpty = given<boolean>(rules, 'ignoreEmpty') === true;
  return (value) => {
    const map = value as JsonObject;
    const names = Object.keys(map);
    if (ignoreEmpty && names.length === 0) return [];
    const problems: RuleProblem[] = [];
    const saw = plural(names.length, 'member');
    if (min !== undefined && names.length < min)
      problems.push({ where: [], saw, want: `at least ${plural(min, 'member')}` });
    if (max !== undefined && names.length > max)
      problems.push({ where: [], saw, want: `at most ${plural(max, 'member')}` });
    for (const name of names) {
      for (const { want } of keys?.(name) ?? []) problems.push({ where: [name], saw: `the key ${show(name)}`, want });
      for (const problem of values?.(map[name] ?? null) ?? [])
        problems.push({ ...problem, where: [name, ...problem.where] });
    }
    return problems;
  };
}
