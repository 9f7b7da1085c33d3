import type { Severity } from '../../../render/finding.ts';
import { wantOneOf } from '../../../render/nearest-names.ts';
import { objectAt, objectsAt } from '../../../render/read-json.ts';
import { bootstrapNames, referencesIn } from '../../../render/references/find-references.ts';
import type { Reference, ReferenceRole } from '../../../render/references/reference.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import type { SnapshotRule } from '../snapshot-rule.ts';

const SAYS: Readonly<Partial<Record<ReferenceRole, string>>> = {
  route: 'a route to',
  'weighted-cluster': 'a share of traffic for',
  mirror: 'a mirror to',
  'tcp-proxy': 'a TCP proxy to',
  'udp-proxy': 'a UDP proxy to',
  aggregate: 'an aggregate cluster over',
  'grpc-service': 'a gRPC service on',
  'http-service': 'an HTTP service on',
  tracing: 'a tracer that sends to',
  'config-source': 'a config source on',
};

const CARRIES_TRAFFIC = new Set<ReferenceRole>(['route', 'weighted-cluster', 'mirror', 'tcp-proxy', 'aggregate']);

/**
 * Whether the snapshot has any cluster that could carry traffic. One without is a part of a mesh (listeners alone, say), whose
 * clusters come from elsewhere: what Envoy itself takes is then no more than a warning.
 */
const hasWorkingCluster = (snapshot: Snapshot): boolean =>
  resourcesOf(snapshot, 'cluster').some(
    ({ body }) =>
      (body.type !== undefined && body.type !== 'STATIC') ||
      body.clusterType !== undefined ||
      objectsAt(objectAt(body, 'loadAssignment'), 'endpoints').some(
        (group) => objectsAt(group, 'lbEndpoints').length > 0,
      ),
  );

function severityOf(reference: Reference, whole: boolean): Severity {
  if (reference.whenMissing === 'refused') return 'error';
  if (reference.role === 'route' || reference.role === 'weighted-cluster')
    return isAllowedOnPurpose(reference) ? 'warning' : 'error';
  return CARRIES_TRAFFIC.has(reference.role) && whole ? 'error' : 'warning';
}

/** `validate_clusters: false` on the route configuration is the author's word that clusters may come later. */
function isAllowedOnPurpose({ from, path }: Reference): boolean {
  let at: unknown = from.body;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return false;
    if ('validateClusters' in at && at.validateClusters === false) return true;
    at = (at as Record<string, unknown>)[String(step)];
  }
  return false;
}

/** Inline route configurations that name a missing cluster are refused; RDS ones are ACKed, and answer 503. */
export const unknownCluster: SnapshotRule = {
  code: 'unknown-cluster',
  severity: 'error',
  holdsIn: 'part',
  summary: 'Something sends traffic to a cluster that does not exist.',
  check(snapshot) {
    const known = new Set(resourcesOf(snapshot, 'cluster').map(({ name }) => name));
    for (const name of bootstrapNames(snapshot, 'cluster')) known.add(name);
    const whole = hasWorkingCluster(snapshot);
    return referencesIn(snapshot)
      .filter(({ to, name }) => to === 'cluster' && !known.has(name))
      .map((reference) => ({
        resource: reference.from,
        holder: reference.holder,
        key: reference.path.at(-1) ?? '',
        saw: `${SAYS[reference.role] ?? 'a filter that uses'} cluster ${reference.name}, which does not exist`,
        want: wantOneOf('a cluster of the snapshot', reference.name, [...known]),
        severity: severityOf(reference, whole),
      }));
  },
};
