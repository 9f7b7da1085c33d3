import type { JsonObject } from '../../../render/json.ts';
import { objectAt, stringAt } from '../../../render/read-json.ts';
import { messageOf } from '../../../render/references/walk-json.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf } from '../../../render/snapshot.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** A cluster's discovery type; a custom one (`cluster_type`) has none. STATIC is the default, which canonical JSON leaves out. */
export const clusterTypeOf = ({ body }: Resource): string =>
  body.clusterType !== undefined ? 'CUSTOM' : stringAt(body, 'type') || 'STATIC';

export const customTypeOf = ({ body }: Resource): string =>
  messageOf(objectAt(objectAt(body, 'clusterType'), 'typedConfig') ?? {}) ?? '';

export const optionsOf = ({ body }: Resource): JsonObject | undefined =>
  objectAt(objectAt(body, 'typedExtensionProtocolOptions'), 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions');

export const clusterRule = (
  code: string,
  summary: string,
  check: (cluster: Resource, say: (holder: object, key: string | undefined, saw: string, want: string) => void) => void,
): SnapshotRule => ({
  code,
  severity: 'error',
  summary,
  check: (snapshot) =>
    resourcesOf(snapshot, 'cluster').flatMap((resource) => {
      const complaints: Complaint[] = [];
      check(resource, (holder, key, saw, want) => {
        complaints.push({ resource, holder, saw, want, ...(key === undefined ? {} : { key }) });
      });
      return complaints;
    }),
});
