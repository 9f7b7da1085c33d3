import { isIP, isIPv4, isIPv6 } from 'node:net';
import { given, type Rules } from './rules-message.ts';

/** `validate.KnownRegex`; the expressions are those of protoc-gen-validate. */
const KNOWN_REGEX: Readonly<Record<number, { readonly strict: RegExp; readonly want: string }>> = {
  1: { strict: /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/, want: "a header name: letters, digits and !#$%&'*+-.^_|~`" },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the rule is about control characters
  2: { strict: /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/, want: 'a header value: no control characters but tab' },
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: the rule is about control characters
const LOOSE_HEADER = /^[^\u0000\u000A\u000D]*$/;
const HOSTNAME =
  /^(?=.{1,253}\.?$)([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?$/;
const EMAIL = /^[^\s@<>]+@[^\s@<>]+$/;
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]*$/;
const UUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

const NAMED_FORMATS: readonly (readonly [rule: string, test: (text: string) => boolean, want: string])[] = [
  ['email', (text) => EMAIL.test(text), 'an e-mail address'],
  ['hostname', (text) => HOSTNAME.test(text), 'a host name'],
  ['ip', (text) => isIP(text) !== 0, 'an IP address'],
  ['ipv4', isIPv4, 'an IPv4 address'],
  ['ipv6', isIPv6, 'an IPv6 address'],
  ['uri', (text) => URI.test(text), 'a URI with its scheme'],
  ['uriRef', (text) => !/\s/.test(text), 'a URI or a relative reference'],
  ['address', (text) => isIP(text) !== 0 || HOSTNAME.test(text), 'an IP address or a host name'],
  ['uuid', (text) => UUID.test(text), 'a UUID'],
];

/** What `text` should be and is not, in plain words; empty when all rules hold. Lengths count Unicode code points, `…Bytes` UTF-8. */
export function stringProblems(rules: Rules, text: string): readonly string[] {
  if (text === '' && given<boolean>(rules, 'ignoreEmpty')) return [];
  const wants = [...sizeProblems(rules, text), ...affixProblems(rules, text)];
  const constant = given<string>(rules, 'const');
  const allowed = given<string[]>(rules, 'in') ?? [];
  const refused = given<string[]>(rules, 'notIn') ?? [];
  const pattern = given<string>(rules, 'pattern');
  if (constant !== undefined && text !== constant) wants.push(JSON.stringify(constant));
  if (allowed.length > 0 && !allowed.includes(text)) wants.push(`one of ${allowed.join(', ')}`);
  if (refused.includes(text)) wants.push(`none of ${refused.join(', ')}`);
  if (pattern !== undefined && expressionOf(pattern)?.test(text) === false) wants.push(`text that matches ${pattern}`);
  return [...wants, ...formatProblems(rules, text)];
}

const letters = (count: bigint): string => `${count} character${count === 1n ? '' : 's'}`;
const bytes = (count: bigint): string => `${count} byte${count === 1n ? '' : 's'}`;

function sizeProblems(rules: Rules, text: string): string[] {
  const limit = (name: string) => given<bigint>(rules, name);
  const wants: string[] = [];
  const [exact, min, max] = [limit('len'), limit('minLen'), limit('maxLen')];
  const [exactBytes, minBytes, maxBytes] = [limit('lenBytes'), limit('minBytes'), limit('maxBytes')];
  if (exact !== undefined || min !== undefined || max !== undefined) {
    const length = [...text].length;
    if (exact !== undefined && BigInt(length) !== exact) wants.push(`exactly ${letters(exact)}`);
    if (min !== undefined && length < min) wants.push(`at least ${letters(min)}`);
    if (max !== undefined && length > max) wants.push(`at most ${letters(max)}`);
  }
  if (exactBytes !== undefined || minBytes !== undefined || maxBytes !== undefined) {
    const length = Buffer.byteLength(text);
    if (exactBytes !== undefined && BigInt(length) !== exactBytes) wants.push(`exactly ${bytes(exactBytes)}`);
    if (minBytes !== undefined && length < minBytes) wants.push(`at least ${bytes(minBytes)}`);
    if (maxBytes !== undefined && length > maxBytes) wants.push(`at most ${bytes(maxBytes)}`);
  }
  return wants;
}

function affixProblems(rules: Rules, text: string): string[] {
  const wants: string[] = [];
  const [prefix, suffix] = [given<string>(rules, 'prefix'), given<string>(rules, 'suffix')];
  const [inside, outside] = [given<string>(rules, 'contains'), given<string>(rules, 'notContains')];
  if (prefix !== undefined && !text.startsWith(prefix)) wants.push(`text that starts with ${JSON.stringify(prefix)}`);
  if (suffix !== undefined && !text.endsWith(suffix)) wants.push(`text that ends with ${JSON.stringify(suffix)}`);
  if (inside !== undefined && !text.includes(inside)) wants.push(`text that contains ${JSON.stringify(inside)}`);
  if (outside !== undefined && text.includes(outside)) wants.push(`text without ${JSON.stringify(outside)}`);
  return wants;
}

function formatProblems(rules: Rules, text: string): string[] {
  const format = rules.wellKnown as { readonly case?: string; readonly value?: unknown } | undefined;
  if (!format?.case || !format.value) return [];
  if (format.case === 'wellKnownRegex') {
    const known = KNOWN_REGEX[Number(format.value)];
    if (!known) return [];
    const strict = given<boolean>(rules, 'strict') ?? true;
    if ((strict ? known.strict : LOOSE_HEADER).test(text)) return [];
    return [strict ? known.want : 'text without NUL and line breaks'];
  }
  const named = NAMED_FORMATS.find(([rule]) => rule === format.case);
  return named && !named[1](text) ? [named[2]] : [];
}

/** Rules on bytes, which canonical JSON holds as base64. */
export function bytesProblems(rules: Rules, base64: string): readonly string[] {
  const value = Buffer.from(base64, 'base64');
  if (value.length === 0 && given<boolean>(rules, 'ignoreEmpty')) return [];
  const limit = (name: string) => given<bigint>(rules, name);
  const [exact, min, max] = [limit('len'), limit('minLen'), limit('maxLen')];
  const [prefix, suffix] = [given<Uint8Array>(rules, 'prefix'), given<Uint8Array>(rules, 'suffix')];
  const constant = given<Uint8Array>(rules, 'const');
  const wants: string[] = [];
  if (exact !== undefined && BigInt(value.length) !== exact) wants.push(`exactly ${bytes(exact)}`);
  if (min !== undefined && value.length < min) wants.push(`at least ${bytes(min)}`);
  if (max !== undefined && value.length > max) wants.push(`at most ${bytes(max)}`);
  if (constant && !value.equals(constant)) wants.push(`the bytes ${Buffer.from(constant).toString('base64')} (base64)`);
  if (prefix && !value.subarray(0, prefix.length).equals(prefix))
    wants.push('the bytes that its API prescribes at the start');
  if (suffix && !value.subarray(Math.max(0, value.length - suffix.length)).equals(suffix))
    wants.push('the bytes that its API prescribes at the end');
  return wants;
}

const expressions = new Map<string, RegExp | undefined>();

/**
 * RE2 syntax as a JavaScript expression: the patterns of Envoy's API use what both share, except for inline flags at the start and
 * POSIX classes. What JavaScript cannot read is not checked (undefined).
 */
function expressionOf(pattern: string): RegExp | undefined {
  if (expressions.has(pattern)) return expressions.get(pattern);
  const [, flags = '', rest = pattern] = /^\(\?([is]+)\)(.*)$/s.exec(pattern) ?? [];
  const source = rest.replaceAll('[[:alnum:]]', '[0-9A-Za-z]').replaceAll('\\A', '^').replaceAll('\\z', '$');
  let expression: RegExp | undefined;
  try {
    expression = new RegExp(source, flags);
  } catch {
    expression = undefined;
  }
  expressions.set(pattern, expression);
  return expression;
}
