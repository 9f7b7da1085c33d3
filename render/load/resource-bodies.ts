import type { Finding } from '../finding.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { locationOf, placeOf, setPlace, valueLocation } from '../places.ts';
import { RESOURCE_TYPES, type ResourceKind, typeUrlOf } from '../resource.ts';
import { describeValue } from './describe.ts';
import { loadFinding, startOf } from './rules.ts';
import { isTemplateUse } from './templates/instantiate.ts';
import { EnvoyReadings } from './yaml/envoy-readings.ts';

/**
 * The resources of one file: a mapping, a list of them, or several documents of either. Also taken is what Envoy itself reads from
 * a file (`resources:` with an `@type` in each), so that a plain folder of xDS files works as it is. Resources are what Envoy reads,
 * by `readings`; the use of a template is Meshgate's own and stays as YAML 1.2 has it.
 */
export function resourceBodies(
  file: string,
  kind: ResourceKind,
  documents: readonly JsonValue[],
  findings: Finding[],
  readings = new EnvoyReadings(),
): JsonObject[] {
  const listed = (list: JsonValue[]): JsonObject[] =>
    list.flatMap((item, index) => body(item, valueLocation(list, index) ?? startOf(file)));
  const body = (item: JsonValue, at: Finding['at']): JsonObject[] =>
    oneBody(kind, isJsonObject(item) && !isTemplateUse(item) ? readings.applyTo(item) : item, at, findings);
  return documents.flatMap((document) => {
    if (Array.isArray(document)) return listed(document);
    if (isJsonObject(document) && isDiscoveryResponse(document)) return listed(document.resources as JsonValue[]);
    return body(document, startOf(file));
  });
}

const RESPONSE_KEYS = ['resources', 'version_info', 'versionInfo', 'type_url', 'typeUrl', 'nonce', '@type'];
const isDiscoveryResponse = (document: JsonObject): boolean =>
  Array.isArray(document.resources) && Object.keys(document).every((key) => RESPONSE_KEYS.includes(key));

function oneBody(kind: ResourceKind, item: JsonValue, at: Finding['at'], findings: Finding[]): JsonObject[] {
  const { folder, message } = RESOURCE_TYPES[kind];
  if (!isJsonObject(item)) {
    findings.push(loadFinding('not-a-resource', at, describeValue(item), `a mapping: ${message}, or a template use`));
    return [];
  }
  const type = item['@type'];
  if (type === undefined) return [item];
  if (type !== typeUrlOf(kind)) {
    const where = valueLocation(item, '@type') ?? locationOf(item) ?? at;
    findings.push(loadFinding('not-a-resource', where, describeValue(type), `${typeUrlOf(kind)} in ${folder}`));
    return [];
  }
  const { '@type': _, ...body } = item;
  const place = placeOf(item);
  return [place ? setPlace(body, place) : body];
}
