import type { Message } from '@bufbuild/protobuf';
import { isJsonObject, type JsonValue } from '../../render/json.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';

/** What a request asks for cannot be matched here: `INVALID_ARGUMENT`, with these words. */
export class BadMatcher extends Error {
  override readonly name = 'BadMatcher';
}

type Test<Value> = (value: Value) => boolean;
/** A choice of a message: `case` is undefined where none of those that this API knows is made. */
type Choice<Cases> =
  | { [Case in keyof Cases]: { readonly case: Case; readonly value: Cases[Case] } }[keyof Cases]
  | { readonly case: undefined; readonly value?: undefined };
type Known = Pick<Message, '$unknown'>;

/** The fields of `envoy.type.matcher.v3.StringMatcher` that are read. */
type StringMatcher = Known & {
  readonly matchPattern: Choice<{
    exact: string;
    prefix: string;
    suffix: string;
    contains: string;
    safeRegex: unknown;
    custom: unknown;
  }>;
  readonly ignoreCase: boolean;
};

/** `envoy.type.matcher.v3.ValueMatcher`. */
type ValueMatcher = Known & {
  readonly matchPattern: Choice<{
    nullMatch: unknown;
    doubleMatch: Known & {
      readonly matchPattern: Choice<{ range: Known & { readonly start: number; readonly end: number }; exact: number }>;
    };
    stringMatch: StringMatcher;
    boolMatch: boolean;
    presentMatch: boolean;
    listMatch: Known & { readonly matchPattern: Choice<{ oneOf: ValueMatcher }> };
    orMatch: Known & { readonly valueMatchers: readonly ValueMatcher[] };
  }>;
};

/** `envoy.type.matcher.v3.StructMatcher`. */
type StructMatcher = Known & {
  readonly path: readonly (Known & { readonly segment: Choice<{ key: string }> })[];
  readonly value?: ValueMatcher;
};

/** `envoy.type.matcher.v3.NodeMatcher`. */
export type NodeMatcher = Known & { readonly nodeId?: StringMatcher; readonly nodeMetadatas: readonly StructMatcher[] };

const MAX_DEPTH = 16;

/**
 * Whether a node is one that any of `matchers` means; without any, every node is. Throws `BadMatcher` for one that says nothing, or what is
 * not known here: it would be taken for another question than it is.
 */
export function nodeTest(matchers: readonly NodeMatcher[]): Test<XdsNode> {
  const tests = matchers.map(nodeMatcherTest);
  return (node) => tests.length === 0 || tests.some((test) => test(node));
}

function nodeMatcherTest(matcher: NodeMatcher): Test<XdsNode> {
  wantKnown(matcher, 'a node matcher');
  const { nodeId, nodeMetadatas } = matcher;
  if (!nodeId && nodeMetadatas.length === 0) throw new BadMatcher('a node matcher without node_id and node_metadatas');
  const idTest = nodeId && stringTest(nodeId, 'node_id');
  const metadataTests = nodeMetadatas.map(structTest);
  return ({ id, metadata }) => (idTest?.(id) ?? true) && metadataTests.every((test) => test(metadata));
}

function stringTest(matcher: StringMatcher, place: string): Test<string> {
  wantKnown(matcher, place);
  const { matchPattern: pattern, ignoreCase } = matcher;
  const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  switch (pattern.case) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'contains': {
      const want = folded(pattern.value);
      if (want === '' && pattern.case !== 'exact') throw new BadMatcher(`${place}: ${pattern.case} is empty`);
      const test = TEXT_TESTS[pattern.case];
      return (text) => test(folded(text), want);
    }
    case 'safeRegex':
      // RE2 takes linear time and is not here; what is here may take for ever, and Envoys wait meanwhile.
      throw new BadMatcher(`${place}: safe_regex is not known here: want exact, prefix, suffix or contains`);
    default:
      throw new BadMatcher(`${place}: want exact, prefix, suffix or contains`);
  }
}

const TEXT_TESTS = {
  exact: (text: string, want: string) => text === want,
  prefix: (text: string, want: string) => text.startsWith(want),
  suffix: (text: string, want: string) => text.endsWith(want),
  contains: (text: string, want: string) => text.includes(want),
};

function structTest(matcher: StructMatcher): Test<JsonValue> {
  const place = 'node_metadatas';
  wantKnown(matcher, place);
  const keys = matcher.path.map((one) => {
    wantKnown(one, place);
    if (one.segment.case !== 'key' || one.segment.value === '') throw new BadMatcher(`${place}: path: want a key`);
    return one.segment.value;
  });
  if (keys.length === 0) throw new BadMatcher(`${place}: a path is wanted`);
  const test = valueTest(matcher.value, `${place} ${keys.join('.')}`, 0);
  return (metadata) => test(keys.reduce<JsonValue | undefined>(memberOf, metadata));
}

const memberOf = (value: JsonValue | undefined, key: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** As Envoy matches; what is not there matches nothing. https://github.com/envoyproxy/envoy/blob/main/api/envoy/type/matcher/v3/value.proto */
function valueTest(matcher: ValueMatcher | undefined, place: string, depth: number): Test<JsonValue | undefined> {
  if (!matcher) throw new BadMatcher(`${place}: a value is wanted`);
  wantKnown(matcher, place);
  if (depth > MAX_DEPTH) throw new BadMatcher(`${place}: deeper than ${MAX_DEPTH} matchers`);
  const { matchPattern: pattern } = matcher;
  switch (pattern.case) {
    case 'nullMatch':
      return (value) => value === null;
    case 'boolMatch':
      return (value) => value === pattern.value;
    case 'stringMatch': {
      const test = stringTest(pattern.value, place);
      return (value) => typeof value === 'string' && test(value);
    }
    case 'doubleMatch': {
      const test = numberTest(pattern.value, place);
      return (value) => typeof value === 'number' && test(value);
    }
    case 'presentMatch':
      if (!pattern.value) throw new BadMatcher(`${place}: present_match: want true`);
      return (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
    case 'listMatch': {
      wantKnown(pattern.value, place);
      const { matchPattern: list } = pattern.value;
      if (list.case !== 'oneOf') throw new BadMatcher(`${place}: list_match: want one_of`);
      const test = valueTest(list.value, place, depth + 1);
      return (value) => Array.isArray(value) && value.some(test);
    }
    case 'orMatch': {
      wantKnown(pattern.value, place);
      if (pattern.value.valueMatchers.length === 0) throw new BadMatcher(`${place}: or_match: want value_matchers`);
      const tests = pattern.value.valueMatchers.map((one) => valueTest(one, place, depth + 1));
      return (value) => tests.some((test) => test(value));
    }
    default:
      throw new BadMatcher(`${place}: a value matcher that is not known here`);
  }
}

type DoubleMatcher = {
  readonly matchPattern: Choice<{ range: { readonly start: number; readonly end: number } & Known; exact: number }>;
} & Known;

function numberTest(matcher: DoubleMatcher, place: string): Test<number> {
  wantKnown(matcher, place);
  const { matchPattern: pattern } = matcher;
  if (pattern.case === 'exact') return (value) => value === pattern.value;
  if (pattern.case !== 'range') throw new BadMatcher(`${place}: double_match: want range or exact`);
  const { start, end } = pattern.value;
  return (value) => value >= start && value < end;
}

/** A field of a newer API would narrow what is asked for. */
function wantKnown({ $unknown = [] }: Known, place: string): void {
  const [first] = $unknown;
  if (first) throw new BadMatcher(`${place}: field ${first.no} is not known here`);
}
