import { EMPTY, type Selection } from './selection.ts';
import type { Step } from './step.ts';
import { isGuessed, type Subscription } from './subscription.ts';

const known = new WeakMap<Step, WeakMap<Selection, readonly string[]>>();
const NONE: readonly string[] = [];

/**
 * The endpoints that a node needs anew once it is sent `step` of clusters, though they are what they were: those of clusters that it has
 * otherwise. Envoy warms such a cluster as a new one. By delta it does not say so, since it never gave up the name; in the state of the
 * world it asks again, but who is asked cannot tell that from asking for more. Told nothing, it waits for `initial_fetch_timeout` (15 s),
 * and takes no clusters in that time.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-warming
 */
export function warmedAnew(clusters: Subscription, step: Step): readonly string[] {
  const { held, heldVersion } = clusters;
  // What it has is not known: any of them may be another.
  if (heldVersion !== '' && isGuessed(clusters)) return endpointsOf(step, EMPTY);
  if (held.entries.size === 0) return NONE;
  let told = known.get(step);
  if (!told) {
    told = new WeakMap();
    known.set(step, told);
  }
  const found = told.get(held);
  if (found) return found;
  const made = endpointsOf(step, held);
  told.set(held, made);
  return made;
}

const endpointsOf = ({ resources }: Step, held: Selection): readonly string[] =>
  resources.flatMap(({ name, version, endpoints }) => {
    if (endpoints === undefined) return [];
    const before = held.entries.get(name);
    return held === EMPTY || (before && before.version !== version) ? [endpoints] : [];
  });
