import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { ApiSet } from '../api-set.ts';
import type { MessagePlan } from '../message-plan.ts';
import type { Walk } from '../walk.ts';
import { FOUND_BY_NAME, HAS_DEFAULT, NAME_ONLY, PROTOCOL_OPTION_CATEGORIES } from './hand-made-slots.ts';

/** The wrapper of a per-route configuration that may make it optional or switch the filter off. */
export const FILTER_CONFIG = 'envoy.config.route.v3.FilterConfig';

/** Whether an extension of one of `categories` is configured by `typeName`; undefined: nothing is known of some of them. */
export function isRegistered(
  set: Pick<ApiSet, 'extensions'>,
  categories: readonly string[],
  typeName: string,
): boolean | undefined {
  if (typeName === FILTER_CONFIG) return true;
  let known = set.extensions !== undefined;
  for (const category of categories) {
    const types = NAME_ONLY.has(category) ? undefined : set.extensions?.typesOf(category);
    if (!types) known = false;
    else if (types.has(typeName)) return true;
  }
  return known ? false : undefined;
}

/**
 * What Envoy asks of the places that hold an extension: `typed_config` must be there (an extension is found by the type of its
 * configuration, no longer by its name), and protocol options must name an extension.
 */
export function checkSlot(
  walk: Walk,
  plan: MessagePlan,
  json: JsonObject,
  found: readonly (JsonValue | undefined)[],
  spellings: readonly (string | undefined)[],
  inherited: readonly string[] | undefined,
): void {
  const { typedConfig } = plan;
  if (typedConfig) {
    const categories = inherited ?? typedConfig.categories;
    const config = found[typedConfig.index];
    const spelling = spellings[typedConfig.index];
    const refused = spelling !== undefined && config === undefined && json[spelling] !== null;
    const empty = config === undefined || (isJsonObject(config) && Object.keys(config).length === 0);
    const ruled = config === undefined && plan.checkedWhenAbsent.includes(typedConfig);
    if (categories && empty && !refused && !ruled && !otherMember(plan, found) && !isOptional(json))
      missing(walk, json, categories);
    if (categories) checkDiscovery(walk, json, categories);
  }
  if (plan.desc.typeName === 'envoy.config.cluster.v3.LoadBalancingPolicy') checkPolicies(walk, json);
  if (plan.desc.typeName === 'envoy.config.cluster.v3.Cluster') checkProtocolOptions(walk, plan, json);
}

function missing(walk: Walk, json: JsonObject, categories: readonly string[]): void {
  if (isRegistered(walk.set, categories, '') !== false) return;
  if (categories.some((category) => HAS_DEFAULT.has(category))) return;
  const name = typeof json.name === 'string' ? json.name : '';
  const byName = categories.filter((category) => FOUND_BY_NAME.has(category));
  if (byName.some((category) => walk.set.extensions?.namesOf(category).has(name))) return;
  walk.report(
    byName.length > 0 ? 'unknown-extension' : 'missing-typed-config',
    json,
    'name' in json ? 'name' : undefined,
    `extension ${JSON.stringify(name)} without typed_config`,
    `typed_config with the @type of an extension in ${categories.join(' or ')}: Envoy finds extensions by that type`,
  );
}

/** `config_discovery` beside `typed_config`: the configuration comes from elsewhere. */
const otherMember = (plan: MessagePlan, found: readonly (JsonValue | undefined)[]): boolean =>
  plan.typedConfig?.oneof !== undefined &&
  plan.fields.some(
    (field) =>
      field.oneof === plan.typedConfig?.oneof && found[field.index] !== undefined && field !== plan.typedConfig,
  );

export const isOptional = (json: JsonObject): boolean => json.is_optional === true || json.isOptional === true;

/** An extension whose configuration is discovered (ECDS) says beforehand of which types it may be. */
function checkDiscovery(walk: Walk, json: JsonObject, categories: readonly string[]): void {
  const key = 'config_discovery' in json ? 'config_discovery' : 'configDiscovery';
  const discovery = json[key];
  if (!isJsonObject(discovery)) return;
  const listKey = 'type_urls' in discovery ? 'type_urls' : 'typeUrls';
  const urls = discovery[listKey];
  if (!Array.isArray(urls)) return;
  for (const [index, url] of urls.entries()) {
    if (typeof url !== 'string') continue;
    const typeName = url.slice(url.lastIndexOf('/') + 1);
    walk.witness?.extension(categories, typeName);
    if (isRegistered(walk.set, categories, typeName) !== false) continue;
    const want = `the configuration types of extensions in ${categories.join(' or ')} that this Envoy has compiled in`;
    walk.inside(key, () =>
      walk.inside(listKey, () =>
        walk.inside(index, () => walk.report('unknown-extension', urls, index, typeName, want)),
      ),
    );
  }
}

const POLICIES = ['envoy.load_balancing_policies'];

/** Envoy takes the first policy of the list that it has, so that a list can serve several versions; one there must be. */
function checkPolicies(walk: Walk, json: JsonObject): void {
  const { policies } = json;
  if (!Array.isArray(policies) || policies.length === 0) return;
  const types = policies.map((policy) => {
    const config = isJsonObject(policy) ? (policy.typed_extension_config ?? policy.typedExtensionConfig) : undefined;
    const typed = isJsonObject(config) ? (config.typed_config ?? config.typedConfig) : undefined;
    if (!isJsonObject(typed)) return '';
    const inner = typed.type_url ?? typed.typeUrl;
    const url = String(typed['@type'] ?? '').endsWith('.TypedStruct') ? inner : typed['@type'];
    return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
  });
  for (const type of types) walk.witness?.extension(POLICIES, type);
  if (types.some((type) => isRegistered(walk.set, POLICIES, type) !== false)) return;
  walk.inside('policies', () =>
    walk.report(
      'unknown-extension',
      json,
      'policies',
      types.filter(Boolean).join(', ') || 'no type',
      `at least one load-balancing policy that this Envoy has compiled in`,
    ),
  );
}

function checkProtocolOptions(walk: Walk, plan: MessagePlan, json: JsonObject): void {
  const key =
    'typed_extension_protocol_options' in json ? 'typed_extension_protocol_options' : 'typedExtensionProtocolOptions';
  const options = json[key];
  const { extensions } = walk.set;
  if (!isJsonObject(options) || !extensions || !plan.bySpelling.has(key)) return;
  for (const name of Object.keys(options)) {
    walk.witness?.extension(PROTOCOL_OPTION_CATEGORIES, `name ${name}`);
    if (PROTOCOL_OPTION_CATEGORIES.some((category) => extensions.namesOf(category).has(name))) continue;
    walk.inside(key, () =>
      walk.inside(name, () =>
        walk.report(
          'unknown-extension',
          options,
          name,
          'the name of no extension',
          'the name of a network filter, HTTP filter or upstream extension, such as envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
          true,
        ),
      ),
    );
  }
}
