import type { Finding } from '../../render/finding.ts';
import type { JsonObject, JsonPath, JsonValue } from '../../render/json.ts';
import { keyLocation, locate, viaOf } from '../../render/places.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { HeldResources } from '../admin/config-dump.ts';
import { type HeldDifference, heldDifferences } from './held-differences.ts';

export type HeldJudgement = {
  readonly snapshot: Snapshot;
  /** The snapshot's resources as they were served. */
  readonly served: readonly Resource[];
  readonly held: HeldResources;
  readonly envoy: string;
  /** Reads what an Envoy dumped as canonical JSON of its kind; undefined when it cannot be read. */
  readonly canonical: (kind: Resource['kind'], body: JsonObject) => JsonObject | undefined;
};

/**
 * Compares what Envoy holds with what it was sent. A field that is missing there is one that this Envoy does not know: it ACKs
 * such a resource and drops the field without a word.
 */
export function heldFindings(judgement: HeldJudgement): Finding[] {
  const { snapshot, served, held, envoy, canonical } = judgement;
  return served.flatMap((resource) => {
    // Endpoints are dumped as they stand in the load balancer, runtime has a dump of its own, and nobody asks for an unused route.
    if (resource.kind === 'endpoint' || resource.kind === 'runtime') return [];
    const dumped = held.get(resource.kind)?.get(resource.name);
    if (!dumped) return [];
    const body = canonical(resource.kind, dumped);
    const written = snapshot.resources.find(({ kind, name }) => kind === resource.kind && name === resource.name);
    if (!body || !written) return [];
    return heldDifferences(resource.body, body).map((difference) => findingOf(difference, written, snapshot, envoy));
  });
}

function findingOf(difference: HeldDifference, written: Resource, snapshot: Snapshot, envoy: string): Finding {
  const path = difference.path.join('.');
  const via = viaOf(written.body);
  const dropped = difference.kind === 'dropped';
  return {
    rule: dropped ? 'field-dropped' : 'config-differs',
    severity: 'error',
    at: keyPlace(written.body, difference.path) ?? written.at,
    saw: dropped
      ? `Envoy ${envoy} took the resource and silently left out ${path}`
      : `Envoy ${envoy} holds ${JSON.stringify(difference.held)} as ${path}`,
    want: dropped
      ? `only fields that Envoy ${envoy} knows: take it out, or raise the stage's Envoy versions first`
      : JSON.stringify(difference.sent),
    resource: resourceLabel(written),
    stage: snapshot.stage,
    envoy: [envoy],
    ...(via.length > 0 ? { via } : {}),
  };
}

/** The place of the key that ends `path`, as far as the written body has it. */
function keyPlace(body: JsonObject, path: JsonPath): ReturnType<typeof locate> {
  let value: JsonValue | undefined = body;
  for (const [index, step] of path.entries()) {
    if (typeof value !== 'object' || value === null) break;
    const next: JsonValue | undefined = (value as Record<string, JsonValue>)[String(step)];
    if (index === path.length - 1) return keyLocation(value, step);
    value = next;
  }
  return locate(body, path);
}
