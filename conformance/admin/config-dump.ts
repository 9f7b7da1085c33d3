import type { JsonObject } from '../../render/json.ts';
import { objectAt, objectsAt, stringAt } from '../../render/read-json.ts';
import { RESOURCE_TYPES, type ResourceKind } from '../../render/resource.ts';
import { type AdminOptions, askAdmin } from './admin-client.ts';

/** The resources an Envoy holds, by kind and name, as its own JSON (not canonical; an Any is inline with `@type`). */
export type HeldResources = ReadonlyMap<ResourceKind, ReadonlyMap<string, JsonObject>>;

export type ConfigDump = {
  /** The whole answer, for evidence. */
  readonly raw: JsonObject;
  /** Active ones; static ones (of the bootstrap) are left out. */
  readonly held: HeldResources;
  /** Names of resources that are held but not yet active. */
  readonly warming: readonly string[];
  /** Envoy's own words for resources that it was sent and refused. */
  readonly refused: readonly { readonly name: string; readonly details: string }[];
};

// Where config_dump keeps dynamic resources: https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/config_dump.proto
const SECTIONS: readonly {
  readonly kind: ResourceKind;
  readonly list: string;
  readonly body: string;
  readonly state?: string;
}[] = [
  { kind: 'cluster', list: 'dynamic_active_clusters', body: 'cluster' },
  { kind: 'cluster', list: 'dynamic_warming_clusters', body: 'cluster' },
  { kind: 'listener', list: 'dynamic_listeners', body: 'listener' },
  { kind: 'route', list: 'dynamic_route_configs', body: 'route_config' },
  { kind: 'endpoint', list: 'dynamic_endpoint_configs', body: 'endpoint_config' },
  { kind: 'secret', list: 'dynamic_active_secrets', body: 'secret' },
];

export async function readConfigDump(adminUrl: URL, options?: AdminOptions): Promise<ConfigDump> {
  const raw = JSON.parse(await askAdmin(adminUrl, '/config_dump?include_eds', 'GET', options)) as JsonObject;
  const held = new Map<ResourceKind, Map<string, JsonObject>>();
  const warming: string[] = [];
  const refused: { name: string; details: string }[] = [];
  const note = (kind: ResourceKind, item: JsonObject): void => {
    const failure = objectAt(item, 'error_state');
    if (failure) refused.push({ name: stringAt(item, 'name') || kind, details: stringAt(failure, 'details') });
  };
  const keep = (kind: ResourceKind, body: JsonObject | undefined): string => {
    if (!body) return '';
    const nameField = RESOURCE_TYPES[kind].nameField;
    const name = stringAt(body, nameField === 'clusterName' ? 'cluster_name' : nameField);
    held.set(kind, (held.get(kind) ?? new Map<string, JsonObject>()).set(name, body));
    return name;
  };
  for (const section of objectsAt(raw, 'configs')) {
    for (const { kind, list, body } of SECTIONS) {
      for (const item of objectsAt(section, list)) {
        note(kind, item);
        if (list === 'dynamic_warming_clusters') {
          warming.push(`cluster ${stringAt(objectAt(item, body), 'name')}`);
        } else if (kind === 'listener') {
          keep(kind, objectAt(objectAt(item, 'active_state') ?? {}, body));
          if (objectAt(item, 'warming_state')) warming.push(`listener ${stringAt(item, 'name')}`);
        } else {
          keep(kind, objectAt(item, body));
        }
      }
    }
    for (const item of objectsAt(section, 'dynamic_warming_secrets')) warming.push(`secret ${stringAt(item, 'name')}`);
  }
  return { raw, held, warming, refused };
}
