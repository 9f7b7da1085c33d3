/**
 * Envoy counts some answers of a cluster once more in scopes inside of the cluster's own: by where they came from (`internal`), between
 * zones (`zone.eu-1a.eu-1b`), of attempts that were retried, by method of gRPC. A cluster may be called like that too (`api.internal`).
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
 */
export const mayBeInner = (cluster: string): boolean =>
  LAST_PART.test(cluster) || cluster.includes('.zone.') || cluster.includes('.grpc.');

const LAST_PART = /(?:^|\.)(?:internal|external|canary|retry)$/;

/** What scopes inside of a cluster have none of: who has them is a cluster. */
export const isOfClusterAlone = (upstreamMetric: string): boolean =>
  upstreamMetric === 'cx_total' || upstreamMetric === 'cx_none_healthy';
