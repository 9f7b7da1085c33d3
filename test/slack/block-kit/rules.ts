import { isObject, type JsonObject, textIn } from '../model.ts';

/** Says what is wrong with a value, in the words and with the JSON pointers that Slack uses; nothing when it is right. */
export type Rule = (value: unknown, at: string) => readonly string[];

export const complaint = (words: string, at: string): string => `${words} [json-pointer:${at}]`;

/** A string. Lengths are those of JavaScript, which is how Slack's own clients count. */
export const text =
  (most: number, least = 1): Rule =>
  (value, at) => {
    if (typeof value !== 'string') return [complaint('must be a string', at)];
    if (value.length < least) return [complaint(`must be more than ${least - 1} characters`, at)];
    return value.length > most ? [complaint(`must be less than ${most + 1} characters`, at)] : [];
  };
export const pattern =
  (shape: RegExp, most: number): Rule =>
  (value, at) =>
    typeof value === 'string' && value.length <= most && shape.test(value)
      ? []
      : [complaint('failed to match format', at)];
export const flag: Rule = (value, at) => (typeof value === 'boolean' ? [] : [complaint('must be a boolean', at)]);
export const whole =
  (least: number, most: number): Rule =>
  (value, at) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? []
      : [complaint(`must be an integer from ${least} to ${most}`, at)];
export const choice =
  (...allowed: readonly string[]): Rule =>
  (value, at) =>
    allowed.includes(textIn(value)) ? [] : [complaint('must be a valid enum value', at)];
export const anything: Rule = () => [];

export const list =
  (each: Rule, least: number, most: number): Rule =>
  (value, at) => {
    if (!Array.isArray(value)) return [complaint('must be an array', at)];
    if (value.length < least) return [complaint(`no fewer than ${least} items allowed`, at)];
    const own = value.length > most ? [complaint(`no more than ${most} items allowed`, at)] : [];
    return [...own, ...value.flatMap((item, index) => each(item, `${at}/${index}`))];
  };

/** An object with these members and no others; a name that ends in `!` must be there. */
export function shape(members: Readonly<Record<string, Rule>>): Rule {
  const rules = new Map(Object.entries(members).map(([name, rule]) => [name.replace(/!$/, ''), rule]));
  const required = Object.keys(members).flatMap((name) => (name.endsWith('!') ? [name.slice(0, -1)] : []));
  return (value, at) => {
    if (!isObject(value)) return [complaint('must be an object', at)];
    const missing = required.filter((name) => value[name] === undefined);
    return [
      ...missing.map((name) => complaint(`missing required field: ${name}`, at)),
      ...Object.entries(value).flatMap(([name, member]) => {
        const rule = rules.get(name);
        if (!rule) return [complaint(`invalid additional property: ${name}`, at)];
        return member === undefined ? [] : rule(member, `${at}/${name}`);
      }),
    ];
  };
}

/** An object whose `type` says which of these it is. */
export function byType(kinds: Readonly<Record<string, Rule>>): Rule {
  return (value, at) => {
    if (!isObject(value)) return [complaint('must be an object', at)];
    if (value.type === undefined) return [complaint('missing required field: type', at)];
    const rule = Object.hasOwn(kinds, textIn(value.type)) ? kinds[textIn(value.type)] : undefined;
    return rule ? rule(value, at) : [complaint(`unsupported type: ${textIn(value.type)}`, `${at}/type`)];
  };
}

/** Both of them. */
export const also =
  (rule: Rule, more: (value: JsonObject, at: string) => readonly string[]): Rule =>
  (value, at) => [...rule(value, at), ...(isObject(value) ? more(value, at) : [])];

/** No two of these may be the same. */
export function repeated(values: readonly { readonly value: string; readonly at: string }[], name: string): string[] {
  const seen = new Set<string>();
  return values.flatMap(({ value, at }) => {
    if (value === '' || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [complaint(`\`${name}\` "${value}" already exists`, at)];
  });
}
