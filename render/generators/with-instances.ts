import type { Finding } from '../finding.ts';
import type { JsonArray, JsonObject } from '../json.ts';
import { wantOneOf } from '../nearest-names.ts';
import { locationOf, placeOf, setPlace } from '../places.ts';
import { type Resource, resourceLabel } from '../resource.ts';
import { type Snapshot, sortedResources } from '../snapshot.ts';
import type { Instance } from './instance.ts';
import { generatorFinding } from './rules.ts';
import { shownText } from './service-values.ts';

/** An instance that does not go together with the snapshot, or with one before it. */
export type RefusedInstance = { readonly instance: Instance; readonly findings: readonly Finding[] };

/**
 * `snapshot` with what is generated: under its own digest, since that names what was promoted. Of two instances that want one name, the
 * first has it. The same instances give the same resources, in whichever order they come.
 */
export function withInstances(
  snapshot: Snapshot,
  instances: readonly Instance[],
): { readonly snapshot: Snapshot; readonly refused: readonly RefusedInstance[] } {
  const resources = new Map(snapshot.resources.map((resource) => [resourceLabel(resource), resource]));
  const hosts = new Map<string, { readonly by: Instance; readonly body: JsonObject }[]>();
  const refused: RefusedInstance[] = [];
  for (const instance of instances) {
    const own = new Map(instance.resources.map((resource) => [resourceLabel(resource), resource]));
    const findings = [...clashes(instance, resources), ...strays(instance, resources, own)];
    if (findings.length > 0) {
      refused.push({ instance, findings });
      continue;
    }
    for (const [label, resource] of own) resources.set(label, resource);
    for (const { into, body } of instance.virtualHosts) {
      const those = hosts.get(into) ?? [];
      those.push({ by: instance, body });
      hosts.set(into, those);
    }
  }
  for (const [name, added] of hosts) {
    const route = resources.get(`route ${name}`);
    const bodies = added.toSorted((a, b) => order(a.by, b.by)).map(({ body }) => body);
    if (route) resources.set(`route ${name}`, withHosts(route, bodies));
  }
  const { generators: _, ...rest } = snapshot;
  return { snapshot: { ...rest, resources: sortedResources([...resources.values()]) }, refused };
}

const order = (a: Instance, b: Instance): number =>
  a.generator === b.generator ? (a.service < b.service ? -1 : 1) : a.generator < b.generator ? -1 : 1;

function clashes(instance: Instance, taken: ReadonlyMap<string, Resource>): readonly Finding[] {
  const own = new Set<string>();
  return instance.resources.flatMap((resource) => {
    const label = resourceLabel(resource);
    const other = taken.get(label);
    const again = own.has(label);
    own.add(label);
    if (!other && !again) return [];
    const saw = `${label} for service ${shownText(instance.service)}, which ${again ? 'its template has twice' : 'is there already'}`;
    const found = generatorFinding('generated-clash', resource.at, saw, 'a name that nothing else of the stage has');
    return [{ ...found, resource: label }];
  });
}

function strays(
  { virtualHosts, service }: Instance,
  taken: ReadonlyMap<string, Resource>,
  own: ReadonlyMap<string, Resource>,
): readonly Finding[] {
  return virtualHosts.flatMap(({ into, body }): Finding[] => {
    const label = `route ${into}`;
    if (taken.has(label) || own.has(label)) return [];
    const names = [...taken.values()].filter(({ kind }) => kind === 'route').map(({ name }) => name);
    const at = locationOf(body) ?? { file: 'templates', line: 1, column: 1 };
    const saw = `a virtual host for service ${shownText(service)} into ${shownText(into)}`;
    return [
      {
        ...generatorFinding(
          'bad-generator',
          at,
          saw,
          wantOneOf('the name of a route configuration of the stage', into, names),
        ),
        rule: 'unknown-route-configuration',
      },
    ];
  });
}

function withHosts(route: Resource, bodies: readonly JsonObject[]): Resource {
  const written = Array.isArray(route.body.virtualHosts) ? route.body.virtualHosts : [];
  const virtualHosts: JsonArray = [...written, ...bodies];
  const listPlace = placeOf(written) ?? placeOf(route.body);
  if (listPlace) setPlace(virtualHosts, listPlace);
  const body: JsonObject = { ...route.body, virtualHosts };
  const place = placeOf(route.body);
  return { ...route, body: place ? setPlace(body, place) : body };
}
