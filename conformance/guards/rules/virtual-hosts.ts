import { locationOf, valueLocation } from '../../../render/places.ts';
import { listAt, numberAt, objectAt, objectsAt, stringAt } from '../../../render/read-json.ts';
import { routeConfigsIn } from '../../../render/references/route-configs.ts';
import { walkObjects } from '../../../render/references/walk-json.ts';
import { formatLocation } from '../../../render/source-location.ts';
import { coverKeyOf, coverKeysOf, covers } from '../route-cover.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** `Only unique values for domains are permitted`: Envoy compares them in lower case, over all virtual hosts of a route configuration. */
const duplicateDomain: SnapshotRule = {
  code: 'duplicate-domain',
  severity: 'error',
  holdsIn: 'part',
  summary: 'Two virtual hosts of one route configuration claim the same domain.',
  check: (snapshot) =>
    routeConfigsIn(snapshot).flatMap(({ body, owner }) => {
      const seen = new Map<string, string>();
      return objectsAt(body, 'virtualHosts').flatMap((virtualHost): Complaint[] => {
        const domains = listAt(virtualHost, 'domains');
        return domains.flatMap((domain, index): Complaint[] => {
          if (typeof domain !== 'string') return [];
          const key = domain.toLowerCase();
          const earlier = seen.get(key);
          const place = valueLocation(domains, index) ?? locationOf(virtualHost);
          if (earlier === undefined) seen.set(key, place ? formatLocation(place) : stringAt(virtualHost, 'name'));
          if (earlier === undefined) return [];
          const saw = `domain ${domain} a second time; the first stands at ${earlier}`;
          return [{ resource: owner, holder: domains, key: index, saw, want: 'each domain in one virtual host only' }];
        });
      });
    }),
};

/** It answers 404 to everything that comes to its domains. A redirect to TLS needs no routes, and a match tree has its own. */
const emptyVirtualHost: SnapshotRule = {
  code: 'empty-virtual-host',
  severity: 'warning',
  summary: 'A virtual host has no routes.',
  check: (snapshot) =>
    routeConfigsIn(snapshot).flatMap(({ body, owner }) =>
      objectsAt(body, 'virtualHosts')
        .filter((host) => listAt(host, 'routes').length === 0 && !host.matcher && !host.requireTls)
        .map((holder) => ({
          resource: owner,
          holder,
          saw: `virtual host ${stringAt(holder, 'name')} without routes`,
          want: 'at least one route, or every request to its domains is answered 404',
        })),
    ),
};

/** Routes of one path that a later one is compared with: beyond, a warning may be missed, and no time is lost. */
const MOST_COMPARED = 100;

/** Envoy takes the first route that matches, so one behind a wider one is dead; but it harms nothing, and generators write such. */
const unreachableRoute: SnapshotRule = {
  code: 'unreachable-route',
  severity: 'warning',
  summary: 'A route can never match, because an earlier one takes everything that it would.',
  check: (snapshot) =>
    routeConfigsIn(snapshot).flatMap(({ body, owner }) =>
      objectsAt(body, 'virtualHosts').flatMap((virtualHost) => {
        const routes = objectsAt(virtualHost, 'routes');
        const complaints: Complaint[] = [];
        const wide = new Map<string, number[]>();
        routes.forEach((route, index) => {
          const match = objectAt(route, 'match') ?? {};
          const earlier = coverKeysOf(match)
            .flatMap((key) => wide.get(key) ?? [])
            .find((candidate) => covers(objectAt(routes[candidate], 'match') ?? {}, match));
          if (earlier !== undefined) {
            const first = routes[earlier];
            const place = first && locationOf(first);
            complaints.push({
              resource: owner,
              holder: route,
              saw: `a route that can never match: ${place ? `the route at ${formatLocation(place)}` : `route ${earlier}`} takes all that it would`,
              want: 'the narrower route first, or this one removed',
            });
            return;
          }
          const key = coverKeyOf(match);
          const filed = wide.get(key);
          if (!filed) wide.set(key, [index]);
          else if (filed.length < MOST_COMPARED) filed.push(index);
        });
        return complaints;
      }),
    ),
};

/** `Sum of weights in the weighted_cluster must be greater than 0.` */
const zeroWeights: SnapshotRule = {
  code: 'zero-weights',
  severity: 'error',
  summary: 'The weights of a traffic split sum to 0, or to more than fits.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource): Complaint[] => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object, key }) => {
        if (key !== 'weightedClusters') return;
        const clusters = objectsAt(object, 'clusters');
        if (clusters.length === 0) return;
        const sum = clusters.reduce((total, cluster) => total + (numberAt(cluster, 'weight') ?? 0), 0);
        if (sum > 0 && sum <= 0xffff_ffff) return;
        const want = 'at least one weight above 0, and a sum of at most 4294967295';
        complaints.push({ resource, holder: object, key: 'clusters', saw: `weights that sum to ${sum}`, want });
      });
      return complaints;
    }),
};

/** `At least one of name or cluster_header need to be specified` */
const weightedClusterName: SnapshotRule = {
  code: 'weighted-cluster-name',
  severity: 'error',
  summary: 'A share of a traffic split names no cluster, or names it twice.',
  check: (snapshot) =>
    routeConfigsIn(snapshot).flatMap(({ body, owner }) => {
      const complaints: Complaint[] = [];
      walkObjects(body, ({ object, key }) => {
        if (key !== 'weightedClusters') return;
        for (const cluster of objectsAt(object, 'clusters')) {
          const given = [stringAt(cluster, 'name'), stringAt(cluster, 'clusterHeader')].filter(
            (one) => one !== '',
          ).length;
          if (given === 1) continue;
          const saw = given === 0 ? 'neither name nor cluster_header' : 'both name and cluster_header';
          complaints.push({ resource: owner, holder: cluster, saw, want: 'name, or cluster_header, for each share' });
        }
      });
      return complaints;
    }),
};

/** `virtual clusters must define 'headers'` */
const virtualClusterHeaders: SnapshotRule = {
  code: 'virtual-cluster-headers',
  severity: 'error',
  summary: 'A virtual cluster has no header matchers.',
  check: (snapshot) =>
    routeConfigsIn(snapshot).flatMap(({ body, owner }) =>
      objectsAt(body, 'virtualHosts').flatMap((host) =>
        objectsAt(host, 'virtualClusters')
          .filter((cluster) => listAt(cluster, 'headers').length === 0)
          .map((holder) => ({
            resource: owner,
            holder,
            saw: `virtual cluster ${stringAt(holder, 'name')} without headers`,
            want: 'headers, at least one matcher (on :path, say)',
          })),
      ),
    ),
};

export const VIRTUAL_HOST_RULES: readonly SnapshotRule[] = [
  duplicateDomain,
  emptyVirtualHost,
  unreachableRoute,
  zeroWeights,
  weightedClusterName,
  virtualClusterHeaders,
];
