import type { JsonObject, JsonValue } from '../../render/json.ts';
import { flagAt, objectAt, objectsAt, stringAt, textsAt } from '../../render/read-json.ts';
import type { DiscoveredHost } from '../discovery/discovered-host.ts';

/** Names of the subsets that a host is in. */
type Grouping = (host: DiscoveredHost) => readonly string[];

const POLICY = /\.subset\.v3\.Subset$/;

/**
 * What splits the hosts of a cluster into sets of which each has a panic mode of its own: the selectors of a subset load balancer, written
 * as `lb_subset_config` or as a `load_balancing_policy`, and its default subset. Source: Envoy's `SubsetLoadBalancer`.
 */
export function subsetGroupings(cluster: JsonObject): readonly Grouping[] {
  const policies = objectsAt(cluster, 'loadBalancingPolicy', 'policies')
    .map((policy) => objectAt(policy, 'typedExtensionConfig', 'typedConfig'))
    .filter((config) => POLICY.test(stringAt(config, '@type')));
  return [objectAt(cluster, 'lbSubsetConfig'), ...policies].flatMap((config) => (config ? groupingsOf(config) : []));
}

function groupingsOf(config: JsonObject): readonly Grouping[] {
  const isListAny = flagAt(config, 'listAsAny');
  const selectors = objectsAt(config, 'subsetSelectors').map((selector): Grouping => {
    const keys = textsAt(selector, 'keys');
    return ({ metadata }) => subsetsOf(metadata, keys, isListAny);
  });
  const byDefault = objectAt(config, 'defaultSubset');
  if (config.fallbackPolicy !== 'DEFAULT_SUBSET' || !byDefault) return selectors;
  const isIn = ({ metadata }: DiscoveredHost): boolean =>
    Object.entries(byDefault).every(([key, value]) =>
      valuesOf(metadata[key], isListAny).includes(JSON.stringify(value)),
    );
  return [...selectors, (host) => (isIn(host) ? ['the default subset'] : [])];
}

function subsetsOf(metadata: JsonObject, keys: readonly string[], isListAny: boolean): readonly string[] {
  if (keys.length === 0) return [];
  return keys
    .map((key) => valuesOf(metadata[key], isListAny).map((value) => `${key}=${value}`))
    .reduce(
      (names, parts) => names.flatMap((name) => parts.map((part) => (name === '' ? part : `${name},${part}`))),
      [''],
    );
}

/** With `list_as_any` a host is in the subset of each value of a list. */
function valuesOf(value: JsonValue | undefined, isListAny: boolean): readonly string[] {
  if (value === undefined) return [];
  return (isListAny && Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one));
}
