import type { DashboardSpec, PanelSpec } from './dashboard.ts';

const OF = 'instance=~"$instance"';
const lines = (title: string, unit: PanelSpec['unit'], description: string, ...queries: PanelSpec['queries']) =>
  ({ kind: 'lines', title, unit, description, queries }) as const;
const stat = (title: string, description: string, expr: string) =>
  ({ kind: 'stat', title, unit: 'short', description, width: 6, queries: [{ expr, legend: title }] }) as const;

/** `mesh serve`: its fleet, what it serves, where hosts come from, itself. */
export const controlPlane: DashboardSpec = {
  uid: 'meshgate-control-plane',
  title: 'Meshgate: control plane',
  description: 'Control planes: the Envoys that are connected, what they take, discovery, ramps.',
  choices: [{ label: 'instance', metric: 'meshgate_connected_nodes' }],
  rows: [
    {
      title: 'Fleet',
      panels: [
        stat('Connected Envoys', 'Open streams of Envoys.', `sum(meshgate_connected_nodes{${OF}})`),
        stat(
          'Standing refusals',
          'Must be 0: `mesh fleet nodes` has the words.',
          `sum(meshgate_standing_nacks{${OF}})`,
        ),
        stat('Not what the target holds', 'Control planes; their /readyz says why.', `sum(meshgate_problem{${OF}})`),
        stat(
          'Ramps that wait',
          'New hosts that are not let in yet.',
          `sum(meshgate_ramp_stage{${OF},stage="waiting"})`,
        ),
        lines('Envoys by state', 'short', 'What became of what they are served.', {
          expr: `sum by (state) (meshgate_nodes{${OF}})`,
          legend: '{{state}}',
        }),
        lines('Envoys by version', 'short', 'Those that were seen.', {
          expr: `sum by (envoy_version) (meshgate_nodes{${OF}})`,
          legend: '{{envoy_version}}',
        }),
        lines('Subscriptions', 'short', 'What Envoys ask for, and how they stand with it.', {
          expr: `sum by (type, state) (meshgate_subscriptions{${OF}}) > 0`,
          legend: '{{type}} {{state}}',
        }),
        lines('Turned away', 'short', 'Streams of Envoys that are not of the stage, a second.', {
          expr: `sum by (instance) (rate(meshgate_refused_streams_total{${OF}}[$__rate_interval]))`,
          legend: '{{instance}}',
        }),
        {
          kind: 'table',
          title: 'Snapshots',
          description: 'What each control plane serves.',
          unit: 'none',
          queries: [
            { expr: `max by (instance, stage, digest) (meshgate_served_snapshot_info{${OF}})`, legend: 'served' },
          ],
        },
        lines('Resources', 'short', 'That are served, by type.', {
          expr: `max by (instance, type) (meshgate_served_resources{${OF}})`,
          legend: '{{instance}} {{type}}',
        }),
      ],
    },
    {
      title: 'Hosts',
      panels: [
        lines(
          'Ramp',
          'short',
          'Hosts that there should be, that Envoys have, and that are on trial.',
          { expr: `max by (cluster) (meshgate_ramp_hosts{${OF},kind="wanted"})`, legend: '{{cluster}} wanted' },
          { expr: `max by (cluster) (meshgate_ramp_hosts{${OF},kind="served"})`, legend: '{{cluster}} served' },
          { expr: `max by (cluster) (meshgate_ramp_hosts{${OF},kind="on_trial"}) > 0`, legend: '{{cluster}} on trial' },
          {
            expr: `max by (cluster) (meshgate_ramp_hosts{${OF},kind="unhealthy"}) > 0`,
            legend: '{{cluster}} unhealthy',
          },
        ),
        lines(
          'Why ramps wait, and what people ordered',
          'short',
          '`mesh fleet ramp` says more.',
          { expr: `max by (cluster, reason) (meshgate_ramp_waiting{${OF}})`, legend: '{{cluster}}: {{reason}}' },
          { expr: `max by (cluster, order) (meshgate_ramp_order{${OF}}) > 0`, legend: '{{cluster}}: {{order}}' },
        ),
        lines('Sources', 'short', 'Clusters by what their sources say: current, held (not believed), stale, expired.', {
          expr: `sum by (source, state) (meshgate_discovery_source_state{${OF}}) > 0`,
          legend: '{{source}} {{state}}',
        }),
        lines('Hosts of sources', 'short', 'As they are believed.', {
          expr: `max by (cluster, source) (meshgate_discovery_source_hosts{${OF}})`,
          legend: '{{cluster}} {{source}}',
        }),
        lines('Age of answers', 's', 'Since the last answer of a source that was believed.', {
          expr: `time() - max by (cluster, source) (meshgate_discovery_source_answered_timestamp_seconds{${OF}})`,
          legend: '{{cluster}} {{source}}',
        }),
      ],
    },
    {
      title: 'Itself',
      panels: [
        lines('CPU', 'percentunit', 'Of one core.', {
          expr: `rate(process_cpu_seconds_total{job="meshgate-serve",${OF}}[$__rate_interval])`,
          legend: '{{instance}}',
        }),
        lines('Memory', 'bytes', 'Resident.', {
          expr: `process_resident_memory_bytes{job="meshgate-serve",${OF}}`,
          legend: '{{instance}}',
        }),
        lines(
          'Access logs',
          'short',
          'Entries read, a second, and those that were lost.',
          {
            expr: `rate(meshgate_access_log_entries_total{${OF}}[$__rate_interval])`,
            legend: '{{instance}} read',
          },
          {
            expr: `sum by (instance) (rate(meshgate_access_log_dropped_total{${OF}}[$__rate_interval]))`,
            legend: '{{instance}} not written',
          },
        ),
        lines('Rows of traffic', 'short', 'Series kept apart; beyond the cap what comes is counted as `other`.', {
          expr: `meshgate_telemetry_rows{${OF}}`,
          legend: '{{instance}} {{table}}',
        }),
      ],
    },
  ],
};
