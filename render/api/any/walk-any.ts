import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { nearestName } from '../../nearest-names.ts';
import { placeOf, setPlace } from '../../places.ts';
import { isRegistered } from '../extensions/check-slot.ts';
import { howToAddNewer, knownFrom } from '../unknown-names.ts';
import { carryPlace, copyFree, put } from '../values/canonical-object.ts';
import type { Walk } from '../walk.ts';

const TYPED_STRUCTS = new Set(['xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct']);
/** Messages whose JSON is not a mapping of their fields: in an Any they stand under `value`. */
const UNDER_VALUE = /^google\.protobuf\.(Any|Duration|Timestamp|FieldMask|Struct|Value|ListValue|\w+Value)$/;

export const typeNameOf = (typeUrl: string): string => typeUrl.slice(typeUrl.lastIndexOf('/') + 1);

/**
 * A `google.protobuf.Any`: `@type` names the message, whose fields stand beside it. `categories`: the extensions that fit here, where
 * the API says so. Canonical: `@type` first.
 */
export function walkAny(walk: Walk, json: JsonObject, categories?: readonly string[]): JsonValue | undefined {
  const members = Object.keys(json);
  if (members.length === 0) return carryPlace(json, {});
  const typeUrl = json['@type'];
  if (typeUrl === undefined || typeUrl === null) {
    if (nestedTypedConfig(json)) reportNested(walk, json);
    else
      walk.report(
        'missing-type-url',
        json,
        undefined,
        `members ${members.slice(0, 4).join(', ')} without @type`,
        '@type, the type of the configuration, such as type.googleapis.com/envoy…',
      );
    return undefined;
  }
  if (typeof typeUrl !== 'string' || !/^[^/].*\/[^/]+$/.test(typeUrl)) {
    walk.inside('@type', () =>
      walk.report(
        'unknown-type',
        json,
        '@type',
        JSON.stringify(typeUrl),
        'a type URL such as type.googleapis.com/envoy…',
      ),
    );
    return undefined;
  }
  const typeName = typeNameOf(typeUrl);
  const plan = walk.set.plans.of(typeName);
  if (!plan) {
    walk.inside('@type', () => walk.report('unknown-type', json, '@type', typeName, unknownTypeWant(walk, typeName)));
    return undefined;
  }
  if (!plan.bySpelling.has('typed_config') && nestedTypedConfig(json)) {
    reportNested(walk, json);
    return undefined;
  }
  const struct = TYPED_STRUCTS.has(typeName);
  if (!struct) checkRegistered(walk, json, '@type', typeName, categories);
  const result: JsonObject = { '@type': typeUrl };
  if (UNDER_VALUE.test(typeName)) {
    for (const name of members)
      if (name !== '@type' && name !== 'value')
        walk.inside(name, () =>
          walk.report(
            'unknown-field',
            json,
            name,
            `no member of ${typeName} in an Any`,
            'its value under the member value',
            true,
          ),
        );
    const value = walk.inside('value', () => walk.messageValue(plan.desc, json.value ?? null, json, 'value'));
    if (value !== undefined) result.value = value;
    return carryPlace(json, result);
  }
  if (struct) return typedStruct(walk, json, typeUrl, categories);
  const body = walk.message(plan, typeName === 'google.protobuf.Empty' ? withoutValue(json) : json, undefined, '@type');
  for (const name of Object.keys(body)) put(result, name, body[name] ?? null);
  const place = placeOf(body) ?? placeOf(json);
  return place ? setPlace(result, place) : result;
}

/** `{"@type": …Empty, "value": {}}` is written by some printers. */
function withoutValue(json: JsonObject): JsonObject {
  if (!isJsonObject(json.value) || Object.keys(json.value).length > 0) return json;
  const { value, ...rest } = json;
  return carryPlace(json, rest);
}

const nestedTypedConfig = (json: JsonObject): boolean => {
  const inner = json.typed_config ?? json.typedConfig;
  return isJsonObject(inner) && inner['@type'] !== undefined;
};

function reportNested(walk: Walk, json: JsonObject): void {
  const key = 'typed_config' in json ? 'typed_config' : 'typedConfig';
  walk.inside(key, () =>
    walk.report(
      'nested-typed-config',
      json,
      key,
      `${key} inside a typed configuration`,
      'the inner members one level up, beside @type',
      true,
    ),
  );
}

function unknownTypeWant(walk: Walk, typeName: string): string {
  const from = knownFrom(walk.set, (set) => set.plans.of(typeName) !== undefined);
  if (from) return `a type that this Envoy has; ${typeName} is known from Envoy ${from} on`;
  const last = typeName.slice(typeName.lastIndexOf('.') + 1);
  const names: string[] = [];
  for (const desc of walk.set.registry) if (desc.kind === 'message' && desc.name === last) names.push(desc.typeName);
  const near = names[0] ?? nearestName(typeName, messageNames(walk));
  return `a type that this Envoy has${near ? `, such as ${near}` : ''}${howToAddNewer(walk.set)}`;
}

function* messageNames(walk: Walk): Generator<string> {
  for (const desc of walk.set.registry) if (desc.kind === 'message') yield desc.typeName;
}

/** A Struct that stands for a message: Envoy turns it into that message when it makes the extension, so the message's rules hold. */
function typedStruct(
  walk: Walk,
  json: JsonObject,
  typeUrl: string,
  categories?: readonly string[],
): JsonValue | undefined {
  const plan = walk.set.plans.of(typeNameOf(typeUrl));
  if (!plan) return undefined;
  const body = walk.message(plan, json, undefined, '@type');
  const inner = json.type_url ?? json.typeUrl;
  const key = json.type_url !== undefined ? 'type_url' : 'typeUrl';
  const innerName = typeof inner === 'string' ? typeNameOf(inner) : '';
  const innerPlan = walk.set.plans.of(innerName);
  if (innerPlan && isJsonObject(json.value)) {
    const value = json.value;
    walk.inside('value', () => walk.message(innerPlan, value, undefined, undefined));
  }
  if (categories) walk.inside(key, () => checkRegistered(walk, json, key, innerName, categories));
  const result: JsonObject = { '@type': typeUrl };
  for (const name of Object.keys(body))
    put(result, name, name === 'value' ? copyFree(body[name] ?? null) : (body[name] ?? null));
  const place = placeOf(body) ?? placeOf(json);
  return place ? setPlace(result, place) : result;
}

function checkRegistered(
  walk: Walk,
  json: JsonObject,
  key: string,
  typeName: string,
  categories?: readonly string[],
): void {
  if (!categories) return;
  walk.witness?.extension(categories, typeName);
  if (isRegistered(walk.set, categories, typeName) !== false) return;
  const near = nearestName(
    typeName,
    categories.flatMap((category) => [...(walk.set.extensions?.typesOf(category) ?? [])]),
  );
  walk.inside(key === '@type' ? '@type' : key, () =>
    walk.report(
      'unknown-extension',
      json,
      key,
      typeName || 'no type',
      `the configuration type of an extension in ${categories.join(' or ')} that this Envoy has compiled in${near ? `, such as ${near}` : ''}`,
    ),
  );
}
