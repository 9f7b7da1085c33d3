import type { Finding } from '../../finding.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { wantOneOf } from '../../nearest-names.ts';
import { keyLocation, locationOf, placeOf, setPlace, valueLocation, viaOf } from '../../places.ts';
import type { WrittenResource } from '../../resource.ts';
import { describeValue } from '../describe.ts';
import { loadFinding, startOf } from '../rules.ts';

/**
 * Adds the virtual hosts that templates give to the route configuration that each names in `into`, in the order of their uses and
 * after those that are written there. Envoy finds a virtual host by its domains, so their order carries no meaning. `resources` is by
 * `<kind> <name>`.
 */
export function addVirtualHosts(
  resources: Map<string, WrittenResource>,
  additions: readonly JsonObject[],
  findings: Finding[],
): void {
  const byRoute = new Map<string, JsonObject[]>();
  for (const addition of additions) {
    const { into, ...body } = addition;
    const at = valueLocation(addition, 'into') ?? locationOf(addition) ?? startOf('templates');
    const known = typeof into === 'string' && resources.has(`route ${into}`);
    if (!known) {
      const names = [...resources.values()]
        .filter(({ kind }) => kind === 'route')
        .map(({ body: route }) => String(route.name));
      const want = wantOneOf('`into` with the name of a route configuration of the stage', String(into ?? ''), names);
      findings.push(loadFinding('unknown-route-configuration', at, describeValue(into), want, viaOf(addition)));
      continue;
    }
    const place = placeOf(addition);
    const hosts = byRoute.get(into) ?? [];
    hosts.push(place ? setPlace(body, place) : body);
    byRoute.set(into, hosts);
  }
  for (const [name, hosts] of byRoute) {
    const route = resources.get(`route ${name}`);
    if (route) resources.set(`route ${name}`, { ...route, body: withHosts(route.body, hosts, findings) });
  }
}

function withHosts(route: JsonObject, hosts: readonly JsonObject[], findings: Finding[]): JsonObject {
  const field = 'virtualHosts' in route ? 'virtualHosts' : 'virtual_hosts';
  const written: JsonValue = route[field] ?? [];
  if (!Array.isArray(written)) {
    const at = keyLocation(route, field) ?? startOf('routes');
    findings.push(loadFinding('not-a-resource', at, describeValue(written), `a list of virtual hosts under ${field}`));
    return route;
  }
  const place = placeOf(written) ?? placeOf(route);
  const all: JsonValue[] = [...written, ...hosts.filter(isJsonObject)];
  if (place) setPlace(all, place);
  const body: JsonObject = { ...route, [field]: all };
  const own = placeOf(route);
  return own ? setPlace(body, own) : body;
}
