import { objectsAt, stringAt } from '../../../render/read-json.ts';
import { routeConfigsIn } from '../../../render/references/route-configs.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** Envoy takes it, but virtual hosts are then told apart by nothing in its stats, logs and config dump. */
export const duplicateVirtualHost: SnapshotRule = {
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
