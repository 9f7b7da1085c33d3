import { apiSetFor, newestApiSet } from '../../render/api/api-set.ts';
import { type ApiFinding, checkMessage } from '../../render/api/check-message.ts';
import type { Finding } from '../../render/finding.ts';
import { RESOURCE_TYPES, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { scopeOf } from './finding-scope.ts';

export type CounterJudgement = {
  readonly snapshot: Snapshot;
  readonly envoy: string;
  readonly stats: ReadonlyMap<string, number>;
  readonly log: string;
};

/** The statistic that `unknownFieldFindings` reads. */
export const COUNTER_PATTERN = '^server\\.dynamic_unknown_fields$';

// Envoy 1.36 to 1.40: `Unknown field: type envoy.config.route.v3.RouteMatch(envoy.config.route.v3.RouteConfiguration::…) with
// unknown field set {17}`, once for each message, at level warning.
const UNKNOWN_FIELD = /Unknown field: type ([\w.]+)\(([^)]*)\) with unknown field set \{([\d, ]+)\}/g;

/**
 * Fields that Envoy dropped, by its own count (`server.dynamic_unknown_fields`): also those in endpoints and runtime values, which
 * no dump shows as they were sent. Its log names message and field number; the place comes from the API of this Envoy's version.
 */
export function unknownFieldFindings({ snapshot, envoy, stats, log }: CounterJudgement): Finding[] {
  const count = stats.get('server.dynamic_unknown_fields') ?? 0;
  if (count === 0) return [];
  const said = new Set(
    [...log.matchAll(UNKNOWN_FIELD)].flatMap(([, type = '', , fields = '']) => namesOf(type, fields)),
  );
  const unknown = unknownTo(envoy, snapshot);
  const base = { ...scopeOf(snapshot, envoy), rule: 'field-dropped' };
  const want = `only fields that Envoy ${envoy} knows: take it out, or raise the stage's Envoy versions first`;
  const placed = unknown
    .filter(({ path }) => said.size === 0 || [...said].some((name) => lastName(path) === lastName(name)))
    .map(({ at, path, resource, via }) => ({
      ...base,
      at,
      saw: `Envoy ${envoy} took the resource and silently left out ${path} (server.dynamic_unknown_fields)`,
      want,
      ...(resource === undefined ? {} : { resource }),
      ...(via === undefined ? {} : { via }),
    }));
  if (placed.length > 0) return placed;
  const what = said.size > 0 ? `: ${[...said].join(', ')}` : '';
  return [
    { ...base, saw: `Envoy ${envoy} silently left out ${count} fields (server.dynamic_unknown_fields)${what}`, want },
  ];
}

/** `envoy.config.endpoint.v3.Endpoint.observability_name`, as far as the newest API knows the numbers. */
function namesOf(type: string, numbers: string): string[] {
  const fields = newestApiSet().registry.getMessage(type)?.fields ?? [];
  return numbers.split(',').map((text) => {
    const field = fields.find(({ number }) => number === Number(text));
    return `${type}.${field?.name ?? `field ${text.trim()}`}`;
  });
}

/** Of a path or a full name, without regard to the two spellings of a field. */
const lastName = (name: string): string => (name.split('.').at(-1) ?? name).replaceAll('_', '').toLowerCase();

/** What the API of this Envoy's version does not know, with places; nothing where the nearest set knows all of it. */
const unknownTo = (envoy: string, snapshot: Snapshot): ApiFinding[] =>
  snapshot.resources.flatMap((resource) =>
    checkMessage(apiSetFor(envoy).set, RESOURCE_TYPES[resource.kind].message, resource.body, {
      at: resource.at,
      resource: resourceLabel(resource),
    }).findings.filter(({ rule }) => rule === 'unknown-field'),
  );
