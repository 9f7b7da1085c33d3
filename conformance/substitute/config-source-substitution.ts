import type { JsonObject } from '../../render/json.ts';
import { objectAt, textAt } from '../../render/read-json.ts';
import type { ResourceKind } from '../../render/resource.ts';
import { assignmentNameOf } from './cluster-facts.ts';
import type { Rewriting, SecretKind } from './rewriting.ts';

/** What resources ask the control plane for. */
export type Wanted = {
  readonly secrets: Map<string, SecretKind>;
  /** Asked from somewhere else than ADS: with nobody to answer, a cell would wait for what its Envoy cannot get. */
  readonly elsewhere: Map<string, { readonly kind: ResourceKind; readonly name: string }>;
};

const SECRET_FIELDS: Readonly<Record<string, SecretKind>> = {
  tlsCertificateSdsSecretConfigs: 'tlsCertificate',
  validationContextSdsSecretConfig: 'validationContext',
  sessionTicketKeysSdsSecretConfig: 'sessionTicketKeys',
};
const ADS = { ads: {}, resourceApiVersion: 'V3' };

/** Points one container's configuration source at the cell's control plane, and notes what it asks for. */
export function substituteConfigSource(rewriting: Rewriting, container: JsonObject, key: string, wanted: Wanted): void {
  const sds = objectAt(container, 'sdsConfig');
  const secret = textAt(container, 'name');
  if (sds && secret) {
    wanted.secrets.set(secret, SECRET_FIELDS[key] ?? 'genericSecret');
    toAds(rewriting, container, 'sdsConfig');
  }
  const route = textAt(container, 'routeConfigName');
  if (objectAt(container, 'configSource') && route && toAds(rewriting, container, 'configSource')) {
    wanted.elsewhere.set(`route ${route}`, { kind: 'route', name: route });
  }
}

/**
 * An EDS cluster asks for endpoints under its own name: where clusters share an endpoint resource, each gets a copy, so that a
 * stand-in belongs to one cluster only.
 */
export function substituteEds(rewriting: Rewriting, cluster: JsonObject, wanted: Wanted): void {
  const config = objectAt(cluster, 'edsClusterConfig');
  const name = textAt(cluster, 'name') ?? '';
  if (!config) return;
  const written = assignmentNameOf(cluster);
  if (toAds(rewriting, config, 'edsConfig'))
    wanted.elsewhere.set(`endpoint ${written}`, { kind: 'endpoint', name: written });
  if (written !== name) {
    rewriting.drop(config, 'serviceName', 'config-source', { became: `a copy of endpoint ${written} named ${name}` });
  }
}

/** True if the source was another than ADS. */
function toAds(rewriting: Rewriting, holder: JsonObject, field: string): boolean {
  const source = objectAt(holder, field);
  if (!source || source.ads || source.self) return false;
  if (!source.apiConfigSource && !source.pathConfigSource && !source.path) return false;
  const timeout = source.initialFetchTimeout === undefined ? {} : { initialFetchTimeout: source.initialFetchTimeout };
  rewriting.set(holder, field, { ...ADS, ...timeout }, 'config-source', { became: 'ads' });
  return true;
}
