import { isIP } from 'node:net';
import type { JsonObject } from '../../../render/json.ts';
import { flagAt, numberAt, objectAt, objectsAt, stringAt } from '../../../render/read-json.ts';
import { hostsOf, isMarkedDown } from '../../../render/references/cluster-hosts.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf } from '../../../render/snapshot.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';
import { clusterRule, clusterTypeOf, customTypeOf } from './cluster-rule.ts';

/** `malformed IP address: …. Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'` */
const hostNotIp: SnapshotRule = {
  code: 'host-not-ip',
  severity: 'error',
  holdsIn: 'part',
  summary: 'A host of a STATIC or EDS cluster is not an IP address.',
  check(snapshot) {
    const complaints: Complaint[] = [];
    const judge = (resource: Resource, assignment: JsonObject | undefined) => {
      for (const group of objectsAt(assignment, 'endpoints'))
        for (const host of objectsAt(group, 'lbEndpoints')) {
          const endpoint = objectAt(host, 'endpoint');
          const socket = objectAt(objectAt(endpoint, 'address'), 'socketAddress');
          const address = stringAt(socket, 'address');
          if (socket && stringAt(socket, 'resolverName') === '' && isIP(address) === 0)
            complaints.push({
              resource,
              holder: socket,
              key: 'address',
              saw: `host ${address} in a STATIC or EDS cluster`,
              want: 'an IP address, or a cluster of type STRICT_DNS or LOGICAL_DNS',
            });
          // `Invalid host configuration: non-zero port for non-IP address`
          const check = objectAt(endpoint, 'healthCheckConfig');
          if (!socket && check && (numberAt(check, 'portValue') ?? 0) > 0)
            complaints.push({
              resource,
              holder: check,
              key: 'portValue',
              saw: 'a health check port for a host without IP address',
              want: 'no port_value',
            });
        }
    };
    for (const cluster of resourcesOf(snapshot, 'cluster'))
      if (clusterTypeOf(cluster) === 'STATIC') judge(cluster, objectAt(cluster.body, 'loadAssignment'));
    for (const endpoints of resourcesOf(snapshot, 'endpoint')) judge(endpoints, endpoints.body);
    return complaints;
  },
};

const DNS_CLUSTER = 'envoy.extensions.clusters.dns.v3.DnsCluster';

const dnsCluster = clusterRule(
  'dns-cluster',
  'The hosts of a DNS cluster are not what its type allows.',
  (cluster, say) => {
    const extension = objectAt(objectAt(cluster.body, 'clusterType'), 'typedConfig');
    const isLogical = customTypeOf(cluster) === DNS_CLUSTER && flagAt(extension, 'allAddressesInSingleEndpoint');
    const type = isLogical ? 'LOGICAL_DNS' : clusterTypeOf(cluster);
    if (type !== 'LOGICAL_DNS' && type !== 'STRICT_DNS') return;
    const assignment = objectAt(cluster.body, 'loadAssignment');
    const groups = objectsAt(assignment, 'endpoints');
    if (type === 'LOGICAL_DNS' && (groups.length !== 1 || objectsAt(groups[0], 'lbEndpoints').length !== 1)) {
      const hosts = groups.reduce((sum, group) => sum + objectsAt(group, 'lbEndpoints').length, 0);
      say(
        assignment ?? cluster.body,
        assignment ? 'endpoints' : undefined,
        `${groups.length} localities with ${hosts} hosts in a LOGICAL_DNS cluster`,
        'one locality with one host, or type STRICT_DNS',
      );
    }
    for (const group of groups)
      for (const host of objectsAt(group, 'lbEndpoints')) {
        const socket = objectAt(objectAt(objectAt(host, 'endpoint'), 'address'), 'socketAddress');
        if (socket && stringAt(socket, 'resolverName') !== '')
          say(
            socket,
            'resolverName',
            `a custom resolver in a ${type} cluster`,
            'no resolver_name: typed_dns_resolver_config chooses the resolver',
          );
      }
  },
);

const edsConfig = clusterRule(
  'eds-config',
  'eds_cluster_config and the type of the cluster do not agree.',
  (cluster, say) => {
    const eds = objectAt(cluster.body, 'edsClusterConfig');
    const type = clusterTypeOf(cluster);
    if (eds && type !== 'EDS' && type !== 'CUSTOM')
      say(
        cluster.body,
        'edsClusterConfig',
        `eds_cluster_config in a ${type} cluster`,
        'type: EDS, or no eds_cluster_config',
      );
    if (!eds && type === 'EDS')
      say(
        cluster.body,
        'type',
        'type EDS without eds_cluster_config',
        'eds_cluster_config: {eds_config: {ads: {}, resource_api_version: V3}}',
      );
    if (eds && type === 'EDS' && !objectAt(eds, 'edsConfig'))
      say(eds, undefined, 'eds_cluster_config without eds_config', 'eds_config: {ads: {}, resource_api_version: V3}');
    if (type === 'EDS' || type === 'CUSTOM') return;
    for (const group of objectsAt(objectAt(cluster.body, 'loadAssignment'), 'endpoints'))
      if (objectAt(group, 'ledsClusterLocalityConfig'))
        say(
          group,
          'ledsClusterLocalityConfig',
          `leds_cluster_locality_config in a ${type} cluster`,
          'lb_endpoints, or type EDS',
        );
  },
);

const originalDst = clusterRule(
  'original-dst',
  'An ORIGINAL_DST cluster has options that it cannot have.',
  (cluster, say) => {
    if (clusterTypeOf(cluster) !== 'ORIGINAL_DST') return;
    if (objectAt(cluster.body, 'loadAssignment'))
      say(
        cluster.body,
        'loadAssignment',
        'a load assignment in an ORIGINAL_DST cluster',
        'no load_assignment: the hosts are where connections went',
      );
    const options = objectAt(cluster.body, 'originalDstLbConfig');
    if (options && stringAt(options, 'httpHeaderName') !== '' && !flagAt(options, 'useHttpHeader'))
      say(options, 'httpHeaderName', 'http_header_name without use_http_header', 'use_http_header: true');
  },
);

const DENOMINATORS: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

const dropOverload: SnapshotRule = {
  code: 'drop-overload',
  severity: 'error',
  summary: 'drop_overloads has more than one category, or drops more than everything.',
  check: (snapshot) =>
    [...resourcesOf(snapshot, 'cluster'), ...resourcesOf(snapshot, 'endpoint')].flatMap((resource) => {
      const assignment = resource.kind === 'endpoint' ? resource.body : objectAt(resource.body, 'loadAssignment');
      const policy = objectAt(assignment, 'policy');
      const drops = objectsAt(policy, 'dropOverloads');
      const complaints: Complaint[] = [];
      if (policy && drops.length > 1)
        complaints.push({
          resource,
          holder: policy,
          key: 'dropOverloads',
          saw: `${drops.length} categories of drop_overloads`,
          want: 'one category',
        });
      for (const drop of drops) {
        const share = objectAt(drop, 'dropPercentage');
        const whole = DENOMINATORS[stringAt(share, 'denominator') || 'HUNDRED'] ?? 100;
        const part = numberAt(share, 'numerator') ?? 0;
        if (share && part > whole)
          complaints.push({
            resource,
            holder: share,
            key: 'numerator',
            saw: `a drop of ${part} in ${whole}`,
            want: `at most ${whole}`,
          });
      }
      return complaints;
    }),
};

/** Only what is certain: a health-checked cluster all of whose hosts are marked down, or that lists none. */
const noCapacity: SnapshotRule = {
  code: 'no-capacity',
  severity: 'error',
  summary: 'A health-checked cluster has no host that can take traffic.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'cluster').flatMap((cluster): Complaint[] => {
      const checked = objectsAt(cluster.body, 'healthChecks');
      const listed = hostsOf(snapshot, cluster);
      if (listed.kind === 'unlisted' || clusterTypeOf(cluster) === 'CUSTOM') return [];
      const { hosts, owner, assignment } = listed;
      if (JSON.stringify(assignment).includes('ledsClusterLocalityConfig')) return [];
      const down = hosts.filter(isMarkedDown);
      if (hosts.length === 0 ? checked.length === 0 : down.length < hosts.length) return [];
      const saw =
        hosts.length === 0
          ? `health-checked cluster ${cluster.name} without a host`
          : `all ${hosts.length} hosts of cluster ${cluster.name} marked ${[...new Set(down.map((host) => host.status))].join(', ')}`;
      return [
        {
          resource: owner,
          holder: assignment,
          saw,
          want: 'at least one host that can be healthy; without one every request fails, or goes to hosts that are down',
        },
      ];
    }),
};

export const CLUSTER_HOST_RULES: readonly SnapshotRule[] = [
  hostNotIp,
  dnsCluster,
  edsConfig,
  originalDst,
  dropOverload,
  noCapacity,
];
