import { objectsAt, stringAt } from '../../../render/references/read-json.ts';
import { routeConfigsIn } from '../../../render/references/route-configs.ts';
import { formatLocation } from '../../../render/source-location.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** Envoy takes one resource of each name: the second is refused (`duplicate cluster … found`, `duplicate listener found`), or silently wins. */
const duplicateResource: SnapshotRule = {
  code: 'duplicate-resource',
  severity: 'error',
  summary: 'Two resources of one kind have the same name.',
  check(snapshot) {
    const first = new Map<string, (typeof snapshot.resources)[number]>();
    return snapshot.resources.flatMap((resource): Complaint[] => {
      const key = `${resource.kind} ${resource.name}`;
      const earlier = first.get(key);
      if (!earlier) first.set(key, resource);
      if (!earlier) return [];
      const name = resource.name === '' ? 'without a name' : `named ${resource.name}`;
      const field = resource.kind === 'endpoint' ? 'clusterName' : 'name';
      return [
        {
          resource,
          holder: resource.body,
          key: field,
          saw: `another ${resource.kind} ${name}, the first stands at ${formatLocation(earlier.at)}`,
          want: `one ${resource.kind} of each name: rename one of the two or remove it`,
        },
      ];
    });
  },
};

/** Envoy takes it, but virtual hosts are then told apart by nothing in its stats, logs and config dump. */
const duplicateVirtualHost: SnapshotRule = {
  code: 'duplicate-virtual-host',
  severity: 'warning',
  summary: 'Two virtual hosts of one route configuration have the same name.',
  check: (snapshot) =>
    routeConfigsIn(snapshot).flatMap(({ body, owner }) => {
      const seen = new Set<string>();
      return objectsAt(body, 'virtualHosts').flatMap((virtualHost): Complaint[] => {
        const name = stringAt(virtualHost, 'name');
        const again = name !== '' && seen.has(name);
        seen.add(name);
        if (!again) return [];
        const saw = `a second virtual host named ${name} in one route configuration`;
        return [
          { resource: owner, holder: virtualHost, key: 'name', saw, want: 'a name of its own for each virtual host' },
        ];
      });
    }),
};

export const DUPLICATE_NAME_RULES: readonly SnapshotRule[] = [duplicateResource, duplicateVirtualHost];
