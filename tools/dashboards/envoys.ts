import type { DashboardSpec } from './dashboard.ts';

const OF = 'stage=~"$stage",service=~"$service",node=~"$node"';
const MINE = 'envoy_cluster_name!~"meshgate_.*"';
const BY = 'stage, service, envoy_cluster_name';
const LEGEND = '{{service}} → {{envoy_cluster_name}}';
const rate = (metric: string, more = ''): string => `rate(${metric}{${OF}${more}}[$__rate_interval])`;

/** What each Envoy says of itself, through statsd_exporter. */
export const envoys: DashboardSpec = {
  uid: 'meshgate-envoys',
  title: 'Meshgate: Envoy instances',
  description: 'Envoys by stage, service and node, from DogStatsD: see docs/observability.md.',
  choices: ['stage', 'service', 'node'].map((label) => ({ label, metric: 'envoy_server_live' })),
  rows: [
    {
      title: 'Instances',
      panels: [
        {
          kind: 'stat',
          title: 'Envoys',
          description: 'Those that sent metrics within two minutes.',
          unit: 'short',
          width: 6,
          queries: [{ expr: `sum(envoy_server_live{${OF}})`, legend: 'Envoys' }],
        },
        {
          kind: 'stat',
          title: 'Without control plane',
          description: 'They keep what they have, and get nothing new.',
          unit: 'short',
          width: 6,
          queries: [{ expr: `count(envoy_control_plane_connected_state{${OF}} == 0) or vector(0)`, legend: 'Envoys' }],
        },
        {
          kind: 'lines',
          title: 'Memory',
          description: 'Allocated, by node.',
          unit: 'bytes',
          queries: [
            { expr: `max by (stage, service, node) (envoy_server_memory_allocated{${OF}})`, legend: '{{node}}' },
          ],
        },
        {
          kind: 'lines',
          title: 'Up for',
          description: 'A line that falls to zero is a restart.',
          unit: 'dtdurations',
          queries: [{ expr: `max by (stage, service, node) (envoy_server_uptime{${OF}})`, legend: '{{node}}' }],
        },
        {
          kind: 'lines',
          title: 'Refused updates',
          description: 'Clusters and listeners that an Envoy did not take (NACK).',
          unit: 'short',
          queries: [
            {
              expr: `sum by (stage, service, node) (${rate('envoy_cluster_manager_cds_update_rejected')})`,
              legend: '{{node}} clusters',
            },
            {
              expr: `sum by (stage, service, node) (${rate('envoy_listener_manager_lds_update_rejected')})`,
              legend: '{{node}} listeners',
            },
          ],
        },
      ],
    },
    {
      title: 'Hosts',
      panels: [
        {
          kind: 'lines',
          title: 'Healthy hosts',
          description:
            'The smallest share that an Envoy sees. Below the panic threshold (50 % by default) every host gets requests.',
          unit: 'percentunit',
          queries: [
            {
              expr: `min by (${BY}) (envoy_cluster_membership_healthy{${OF},${MINE}} / (envoy_cluster_membership_total{${OF},${MINE}} > 0))`,
              legend: LEGEND,
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Requests in panic mode',
          description: 'Must be nothing at all.',
          unit: 'reqps',
          queries: [{ expr: `sum by (${BY}) (${rate('envoy_cluster_lb_healthy_panic')})`, legend: LEGEND }],
        },
        {
          kind: 'lines',
          title: 'Ejected hosts',
          description: 'By outlier detection.',
          unit: 'short',
          queries: [
            { expr: `max by (${BY}) (envoy_cluster_outlier_detection_ejections_active{${OF}})`, legend: LEGEND },
          ],
        },
        {
          kind: 'lines',
          title: 'Overflow',
          description: 'Requests that circuit breakers turned away.',
          unit: 'reqps',
          queries: [{ expr: `sum by (${BY}) (${rate('envoy_cluster_upstream_rq_pending_overflow')})`, legend: LEGEND }],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          kind: 'lines',
          title: 'Requests by cluster',
          description: 'Retries are among them.',
          unit: 'reqps',
          queries: [
            { expr: `sum by (${BY}) (${rate('envoy_cluster_upstream_rq_total', `,${MINE}`)})`, legend: LEGEND },
          ],
        },
        {
          kind: 'lines',
          title: 'Answers by class',
          description: 'As clients of the Envoys get them.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (stage, service, envoy_response_code_class) (${rate('envoy_http_downstream_rq_xx', ',envoy_http_conn_manager_prefix!="admin"')})`,
              legend: '{{service}} {{envoy_response_code_class}}xx',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Latency by cluster',
          description: '99th percentile of single attempts.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (${BY}, le) (${rate('envoy_cluster_upstream_rq_time_seconds_bucket', `,${MINE}`)}))`,
              legend: LEGEND,
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Connecting',
          description: '99th percentile of the time until a connection to a host stands.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (${BY}, le) (${rate('envoy_cluster_upstream_cx_connect_seconds_bucket', `,${MINE}`)}))`,
              legend: LEGEND,
            },
          ],
        },
      ],
    },
  ],
};
