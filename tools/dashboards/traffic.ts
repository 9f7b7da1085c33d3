import type { DashboardSpec, PanelSpec } from './dashboard.ts';

const CHOICES = [
  { label: 'stage', metric: 'meshgate_service_requests_total' },
  { label: 'destination', metric: 'meshgate_service_requests_total' },
];
const TO = 'stage=~"$stage",destination=~"$destination",reporter="caller"';
const rate = (metric: string, more = ''): string => `rate(${metric}{${TO}${more}}[$__rate_interval])`;
const ratio = (by: string, what = 'failures'): string =>
  `sum by (${by}) (${rate(`meshgate_service_${what}_total`)}) / (sum by (${by}) (${rate('meshgate_service_requests_total')}) > 0)`;
const quantile = (q: number, by: string): string =>
  `histogram_quantile(${q}, sum by (${by}, le) (${rate('meshgate_service_latency_seconds_bucket')}))`;
const lines = (title: string, unit: PanelSpec['unit'], description: string, ...queries: PanelSpec['queries']) =>
  ({ kind: 'lines', title, unit, description, queries }) as const;

/** What callers see of each service. */
export const services: DashboardSpec = {
  uid: 'meshgate-services',
  title: 'Meshgate: services',
  description: 'Rate, failures and latency of each service, as the Envoys of its callers see it.',
  choices: CHOICES,
  rows: [
    {
      title: 'Requests',
      panels: [
        lines('Requests', 'reqps', 'HTTP requests that callers sent.', {
          expr: `sum by (stage, destination) (${rate('meshgate_service_requests_total')})`,
          legend: '{{stage}} {{destination}}',
        }),
        lines('Failures', 'percentunit', 'Share of requests that were answered 5xx, or not at all.', {
          expr: ratio('stage, destination'),
          legend: '{{stage}} {{destination}}',
        }),
        lines(
          'Latency',
          's',
          'Median and 99th percentile, until the answer was there.',
          { expr: quantile(0.5, 'stage, destination'), legend: '{{stage}} {{destination}} p50' },
          { expr: quantile(0.99, 'stage, destination'), legend: '{{stage}} {{destination}} p99' },
        ),
        lines(
          'Retries and timeouts',
          'percentunit',
          'For each request. Many retries hide a service that is ill, and load it more.',
          { expr: ratio('stage, destination', 'retries'), legend: '{{stage}} {{destination}} retries' },
          { expr: ratio('stage, destination', 'timeouts'), legend: '{{stage}} {{destination}} timeouts' },
        ),
      ],
    },
    {
      title: 'By Envoy version',
      panels: [
        lines('Failures by Envoy version', 'percentunit', 'An upgrade of Envoys that hurts shows here.', {
          expr: ratio('stage, envoy_version'),
          legend: '{{stage}} {{envoy_version}}',
        }),
        lines('Latency by Envoy version', 's', '99th percentile.', {
          expr: quantile(0.99, 'stage, envoy_version'),
          legend: '{{stage}} {{envoy_version}}',
        }),
      ],
    },
    {
      title: 'TCP',
      panels: [
        lines('Connections', 'short', 'Connections without HTTP, a second.', {
          expr: `sum by (stage, destination) (${rate('meshgate_service_connections_total')})`,
          legend: '{{stage}} {{destination}}',
        }),
        lines(
          'Bytes',
          'Bps',
          'To the service, and from it.',
          {
            expr: `sum by (stage, destination) (${rate('meshgate_service_sent_bytes_total')})`,
            legend: '{{stage}} {{destination}} to',
          },
          {
            expr: `sum by (stage, destination) (${rate('meshgate_service_received_bytes_total')})`,
            legend: '{{stage}} {{destination}} from',
          },
        ),
      ],
    },
  ],
};

/** Who calls whom. */
export const serviceMap: DashboardSpec = {
  uid: 'meshgate-service-map',
  title: 'Meshgate: service × service',
  description: 'Each pair of caller and service: rate, failures and latency.',
  choices: [
    ...CHOICES.slice(0, 1),
    { label: 'source', metric: 'meshgate_service_requests_total' },
    ...CHOICES.slice(1),
  ],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'table',
          title: 'Who calls whom',
          description: 'Requests a second, the share of them that fails, the 99th percentile in seconds.',
          unit: 'none',
          width: 24,
          queries: [
            { expr: pair('meshgate_service_requests_total'), legend: 'requests/s' },
            {
              expr: `${pair('meshgate_service_failures_total')} / (${pair('meshgate_service_requests_total')} > 0)`,
              legend: 'failing',
            },
            { expr: pairQuantile(), legend: 'p99 (s)' },
          ],
        },
      ],
    },
    {
      title: 'Over time',
      panels: [
        lines('Requests', 'reqps', 'By caller and service.', {
          expr: pair('meshgate_service_requests_total'),
          legend: '{{source}} → {{destination}}',
        }),
        lines('Failures', 'percentunit', 'By caller and service.', {
          expr: `${pair('meshgate_service_failures_total')} / (${pair('meshgate_service_requests_total')} > 0)`,
          legend: '{{source}} → {{destination}}',
        }),
        lines('Latency', 's', '99th percentile by caller and service.', {
          expr: pairQuantile(),
          legend: '{{source}} → {{destination}}',
        }),
      ],
    },
  ],
};

function pair(metric: string): string {
  return `sum by (stage, source, destination) (${rate(metric, ',source=~"$source"')})`;
}

function pairQuantile(): string {
  const buckets = rate('meshgate_service_latency_seconds_bucket', ',source=~"$source"');
  return `histogram_quantile(0.99, sum by (stage, source, destination, le) (${buckets}))`;
}
