import type { JsonObject } from '../../../render/json.ts';
import { flagAt, listAt, numberAt, objectAt, objectsAt, stringAt } from '../../../render/read-json.ts';
import { messageOf, walkObjects } from '../../../render/references/walk-json.ts';
import type { SnapshotRule } from '../snapshot-rule.ts';
import { clusterRule, clusterTypeOf, customTypeOf, optionsOf } from './cluster-rule.ts';

const LB_FIELDS = ['zoneAwareLbConfig', 'localityWeightedLbConfig', 'consistentHashingLbConfig'] as const;
/** Cluster extensions that bring their own load balancer. */
const OWN_BALANCER = /^envoy\.extensions\.clusters\.(aggregate|dynamic_forward_proxy)\.v3\.ClusterConfig$/;

const lbPolicy = clusterRule(
  'lb-policy',
  'The load-balancing options of a cluster exclude one another.',
  (cluster, say) => {
    const { body } = cluster;
    const type = clusterTypeOf(cluster);
    const policy = stringAt(body, 'lbPolicy') || 'ROUND_ROBIN';
    const typed = objectAt(body, 'loadBalancingPolicy');
    if ((typed || policy === 'LOAD_BALANCING_POLICY_CONFIG') && listAt(typed, 'policies').length === 0) {
      say(
        typed ?? body,
        typed ? undefined : 'lbPolicy',
        'load_balancing_policy without policies',
        'at least one policy',
      );
      return;
    }
    if (typed) {
      if (objectAt(body, 'lbSubsetConfig'))
        say(
          body,
          'lbSubsetConfig',
          'lb_subset_config beside load_balancing_policy',
          'the subset policy inside load_balancing_policy',
        );
      const common = objectAt(body, 'commonLbConfig');
      for (const field of LB_FIELDS)
        if (common?.[field] !== undefined)
          say(
            common,
            field,
            `common_lb_config.${field} beside load_balancing_policy`,
            'the option of the policy itself',
          );
      return;
    }
    if (type === 'ORIGINAL_DST' && policy !== 'CLUSTER_PROVIDED')
      say(body, 'lbPolicy', `lb_policy ${policy} for an ORIGINAL_DST cluster`, 'lb_policy: CLUSTER_PROVIDED');
    if (type === 'CUSTOM' && OWN_BALANCER.test(customTypeOf(cluster)) && policy !== 'CLUSTER_PROVIDED')
      say(
        body,
        'lbPolicy',
        `lb_policy ${policy} for a cluster that brings its own balancer`,
        'lb_policy: CLUSTER_PROVIDED',
      );
    if (policy === 'CLUSTER_PROVIDED' && type !== 'ORIGINAL_DST' && type !== 'CUSTOM')
      say(
        body,
        'lbPolicy',
        `lb_policy CLUSTER_PROVIDED for a ${type} cluster`,
        'a policy such as ROUND_ROBIN or LEAST_REQUEST',
      );
  },
);

const isPrime = (n: number): boolean => {
  if (n < 2) return false;
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return false;
  return true;
};
const LARGEST_MAGLEV_TABLE = 5_000_011;

/** `The table size of maglev must be prime number` */
const maglevTable = clusterRule('maglev-table', 'The table size of Maglev is not a prime number.', (cluster, say) => {
  const judge = (holder: JsonObject | undefined) => {
    const size = numberAt(holder, 'tableSize');
    if (holder && size !== undefined && size <= LARGEST_MAGLEV_TABLE && !isPrime(size))
      say(holder, 'tableSize', `table_size ${size}`, 'a prime number, such as 65537');
  };
  if (cluster.body.lbPolicy === 'MAGLEV') judge(objectAt(cluster.body, 'maglevLbConfig'));
  walkObjects(cluster.body, ({ object, message }) => {
    if (object['@type'] !== undefined && message === 'envoy.extensions.load_balancing_policies.maglev.v3.Maglev')
      judge(object);
  });
});

const perHostThresholds = clusterRule(
  'per-host-thresholds',
  'A per-host circuit breaker limits something else than connections.',
  (cluster, say) => {
    for (const threshold of objectsAt(objectAt(cluster.body, 'circuitBreakers'), 'perHostThresholds'))
      for (const field of Object.keys(threshold))
        if (field !== 'maxConnections' && field !== 'priority')
          say(threshold, field, `${field} in per_host_thresholds`, 'max_connections alone');
  },
);

const protocolOptions = clusterRule(
  'protocol-options',
  'The HTTP options of a cluster exclude one another.',
  (cluster, say) => {
    const options = optionsOf(cluster);
    const common = objectAt(options, 'commonHttpProtocolOptions');
    if (common?.maxRequestsPerConnection !== undefined && cluster.body.maxRequestsPerConnection !== undefined)
      say(common, 'maxRequestsPerConnection', 'max_requests_per_connection here and on the cluster', 'one of the two');
    const custom = objectAt(objectAt(cluster.body, 'clusterType'), 'typedConfig');
    if (!custom || messageOf(custom) !== 'envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig') return;
    const upstream = objectAt(options, 'upstreamHttpProtocolOptions');
    if (
      upstream &&
      !flagAt(custom, 'allowInsecureClusterOptions') &&
      !(flagAt(upstream, 'autoSni') && flagAt(upstream, 'autoSanValidation'))
    )
      say(
        upstream,
        undefined,
        'a dynamic_forward_proxy cluster without auto_sni and auto_san_validation',
        'both true, or allow_insecure_cluster_options: true',
      );
  },
);

/** `… cluster must support HTTP/2 for gRPC healthchecking` */
const grpcHealthCheck = clusterRule(
  'grpc-health-check',
  'A gRPC health check on a cluster that does not speak HTTP/2.',
  (cluster, say) => {
    const options = optionsOf(cluster);
    const explicit = objectAt(options, 'explicitHttpConfig');
    const downstream = objectAt(options, 'useDownstreamProtocolConfig');
    const speaks =
      explicit?.http2ProtocolOptions ??
      downstream?.http2ProtocolOptions ??
      options?.autoConfig ??
      cluster.body.http2ProtocolOptions;
    if (speaks !== undefined || explicit?.http3ProtocolOptions !== undefined) return;
    for (const check of objectsAt(cluster.body, 'healthChecks'))
      if (objectAt(check, 'grpcHealthCheck'))
        say(
          check,
          'grpcHealthCheck',
          'a gRPC health check over HTTP/1.1',
          'explicit_http_config: {http2_protocol_options: {}} on the cluster',
        );
  },
);

export const CLUSTER_OPTION_RULES: readonly SnapshotRule[] = [
  lbPolicy,
  maglevTable,
  perHostThresholds,
  protocolOptions,
  grpcHealthCheck,
];
