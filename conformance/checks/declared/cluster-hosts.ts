import { isJsonObject, type JsonObject, type JsonValue } from '../../../render/json.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';

const listAt = (value: JsonValue | undefined, key: string): readonly JsonObject[] => {
  const list = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
};

function hostsOf(assignment: JsonValue | undefined): readonly string[] {
  return listAt(assignment, 'endpoints').flatMap((locality) =>
    listAt(locality, 'lbEndpoints').flatMap(({ endpoint }) => {
      const address =
        isJsonObject(endpoint) && isJsonObject(endpoint.address) ? endpoint.address.socketAddress : undefined;
      return isJsonObject(address) && typeof address.address === 'string'
        ? [`${address.address}:${address.portValue}`]
        : [];
    }),
  );
}

/** The hosts of a cluster as `address:port`; undefined where the snapshot does not say them (custom discovery). */
export function clusterHosts(snapshot: Snapshot, { name, body }: Resource): readonly string[] | undefined {
  if (body.loadAssignment !== undefined) return hostsOf(body.loadAssignment);
  const eds = body.edsClusterConfig;
  const served =
    isJsonObject(eds) && typeof eds.serviceName === 'string' && eds.serviceName !== '' ? eds.serviceName : name;
  const endpoints = resourcesOf(snapshot, 'endpoint').find((resource) => resource.name === served);
  return endpoints ? hostsOf(endpoints.body) : undefined;
}
