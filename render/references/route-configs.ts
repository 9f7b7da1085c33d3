import type { JsonObject, JsonPath } from '../json.ts';
import { objectAt } from '../read-json.ts';
import type { Resource } from '../resource.ts';
import { resourcesOf, type Snapshot } from '../snapshot.ts';
import { walkObjects } from './walk-json.ts';

/** A route configuration: a resource of its own (RDS), or one written inside a listener. */
export type RouteConfig = {
  readonly body: JsonObject;
  readonly owner: Resource;
  /** The path inside the owner's body; empty for RDS. */
  readonly path: JsonPath;
  readonly inline: boolean;
};

const HCM = /\.(HttpConnectionManager|EnvoyMobileHttpConnectionManager)$/;
const cache = new WeakMap<Snapshot, readonly RouteConfig[]>();

/** All HTTP route configurations, RDS ones and inline ones (scoped routes included). */
export function routeConfigsIn(snapshot: Snapshot): readonly RouteConfig[] {
  const known = cache.get(snapshot);
  if (known) return known;
  const found: RouteConfig[] = resourcesOf(snapshot, 'route').map((owner) => ({
    body: owner.body,
    owner,
    path: [],
    inline: false,
  }));
  for (const owner of resourcesOf(snapshot, 'listener'))
    walkObjects(owner.body, ({ object, path, key, message }) => {
      const inline = objectAt(object, 'routeConfig');
      if (inline && message !== undefined && HCM.test(message))
        found.push({ body: inline, owner, path: [...path, 'routeConfig'], inline: true });
      if (key === 'scopedRouteConfigurations') {
        const scoped = objectAt(object, 'routeConfiguration');
        if (scoped) found.push({ body: scoped, owner, path: [...path, 'routeConfiguration'], inline: true });
      }
    });
  cache.set(snapshot, found);
  return found;
}
