import type { SourceReport } from '../discovery/combine/discovery-report.ts';
import type { RampView } from '../ramp/ramp-view.ts';
import type { StageServer } from '../serve/stage-server.ts';
import { telemetryMetrics } from '../telemetry/telemetry-metrics.ts';
import { discoveryMetrics } from './discovery-metrics.ts';
import { discoveryView } from './discovery-view.ts';
import { type FleetNode, fleetView } from './fleet-view.ts';
import { generatorMetrics } from './generator-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import type { MetricFamily, Sample } from './prometheus-text.ts';
import { SHORT_TYPES, shortTypeOf } from './short-type.ts';

const NODE_STATES: readonly FleetNode['state'][] = ['applied', 'pending', 'refused', 'gone', 'unserved'];
const RAMP_STAGES: readonly RampView['stage'][] = ['there', 'moving', 'waiting'];
const ORDERS: readonly RampView['order']['kind'][] = ['held', 'hurried'];
const SOURCE_STATES: readonly SourceReport['state'][] = ['waiting', 'current', 'held', 'stale', 'expired'];
/** Versions of the fleet that have a series of their own; a node may say any. */
const MAX_VERSIONS = 32;

/**
 * The control plane of one stage and its fleet, as metrics. The number of series grows with the clusters and sources of the config and the
 * versions of Envoy, not with the fleet; texts of errors are no labels.
 */
export function adminMetrics(server: StageServer, beganEpochMs: number): readonly MetricFamily[] {
  return [
    ...servedMetrics(server),
    ...fleetMetrics(server),
    ...hostMetrics(server),
    ...discoveryMetrics(discoveryView(server)),
    ...generatorMetrics(server.generators()),
    ...telemetryMetrics(server.telemetry),
    ...processMetrics(beganEpochMs),
  ];
}

const one = (name: string, help: string, value: number, labels: Sample['labels'] = {}): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  samples: [{ labels, value }],
});
const gauge = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  samples,
});

function servedMetrics(server: StageServer): MetricFamily[] {
  const { servedDigest, problem, stateSinceEpochMs } = server.state();
  const { stage } = server;
  return [
    gauge(
      'meshgate_served_snapshot_info',
      'The digest that is served; absent while there is none.',
      servedDigest === undefined ? [] : [{ labels: { stage, digest: servedDigest }, value: 1 }],
    ),
    gauge(
      'meshgate_served_resources',
      'Resources that are served, by type.',
      [...(server.servedNow()?.served.resources ?? [])].map(([url, resources]) => ({
        labels: { type: shortTypeOf(url) },
        value: resources.length,
      })),
    ),
    one('meshgate_problem', '1: what is served is not what the target holds; /readyz says why.', problem ? 1 : 0),
    one(
      'meshgate_state_since_timestamp_seconds',
      'When what is served, or the problem, became another one.',
      stateSinceEpochMs / 1_000,
    ),
    {
      name: 'meshgate_refused_streams_total',
      help: 'Streams of nodes that are not of the stage.',
      type: 'counter',
      samples: [{ value: server.counts().refusedStreams }],
    },
  ];
}

function fleetMetrics(server: StageServer): MetricFamily[] {
  const { nodes } = fleetView(server);
  const counts = new Map<string, number>();
  for (const { envoyVersion } of nodes) counts.set(envoyVersion, (counts.get(envoyVersion) ?? 0) + 1);
  const shown = new Set(
    [...counts]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, MAX_VERSIONS)
      .map(([version]) => version),
  );
  const byVersion = Map.groupBy(nodes, ({ envoyVersion }) => (shown.has(envoyVersion) ? envoyVersion : 'other'));
  const types = nodes.flatMap((node) => Object.entries(node.types));
  const ofType = Map.groupBy(types, ([type]) => type);
  return [
    gauge(
      'meshgate_nodes',
      'Envoys of the fleet, by what became of what they are served, and their version.',
      [...byVersion].flatMap(([version, ofVersion]) =>
        NODE_STATES.map((state) => ({
          labels: { state, envoy_version: version },
          value: ofVersion.filter((node) => node.state === state).length,
        })),
      ),
    ),
    one('meshgate_connected_nodes', 'Envoys with an open stream.', nodes.filter(({ connected }) => connected).length),
    gauge(
      'meshgate_subscriptions',
      'What connected Envoys ask for, by type and by how they stand with it.',
      [...ofType].flatMap(([type, entries]) =>
        (['unsent', 'sent', 'acked', 'nacked'] as const).map((state) => ({
          labels: { type, state },
          value: entries.filter(([, view]) => view.state === state).length,
        })),
      ),
    ),
    gauge(
      'meshgate_standing_nacks',
      'Answers that connected Envoys refused and that were not replaced yet, by type.',
      SHORT_TYPES.map((type) => ({
        labels: { type },
        value: (ofType.get(type) ?? []).filter(([, { state }]) => state === 'nacked').length,
      })),
    ),
  ];
}

function hostMetrics(server: StageServer): MetricFamily[] {
  const views = [...(server.hosts?.views() ?? [])];
  const ramps = views.flatMap(([cluster, { ramp }]) => (ramp ? [{ cluster, ramp }] : []));
  // Two sources of one cluster may bear one name: their place tells them apart.
  const sources = views.flatMap(([cluster, { discovery }]) =>
    (discovery?.sources ?? []).map((source, index) => ({
      source,
      labels: { cluster, source: source.name, priority: String(source.priority), place: String(index + 1) },
    })),
  );
  return [
    gauge(
      'meshgate_ramp_stage',
      'Where the ramp of a cluster is: 1 for one of there, moving and waiting.',
      ramps.flatMap(({ cluster, ramp }) =>
        RAMP_STAGES.map((stage) => ({ labels: { cluster, stage }, value: ramp.stage === stage ? 1 : 0 })),
      ),
    ),
    gauge(
      'meshgate_ramp_order',
      'What an operator ordered: 1 for held or hurried.',
      ramps.flatMap(({ cluster, ramp }) =>
        ORDERS.map((order) => ({ labels: { cluster, order }, value: ramp.order.kind === order ? 1 : 0 })),
      ),
    ),
    gauge(
      'meshgate_ramp_hosts',
      'Hosts of a cluster: wanted, served, on trial, and seen unhealthy among those served.',
      ramps.flatMap(({ cluster, ramp: { wanted, served } }) =>
        Object.entries({
          wanted,
          served: served.length,
          on_trial: served.filter(({ onTrial }) => onTrial).length,
          unhealthy: served.filter(({ seen }) => seen === 'unhealthy').length,
        }).map(([kind, value]) => ({ labels: { cluster, kind }, value })),
      ),
    ),
    gauge(
      'meshgate_ramp_waiting',
      'Why the ramp of a cluster is not where it should be: 1 for each reason.',
      ramps.flatMap(({ cluster, ramp }) =>
        [...new Set(ramp.waiting.map(({ kind }) => kind))].map((reason) => ({ labels: { cluster, reason }, value: 1 })),
      ),
    ),
    gauge(
      'meshgate_discovery_source_state',
      'Where a source of hosts stands: 1 for one of waiting, current, held, stale and expired.',
      sources.flatMap(({ source, labels }) =>
        SOURCE_STATES.map((state) => ({ labels: { ...labels, state }, value: source.state === state ? 1 : 0 })),
      ),
    ),
    gauge(
      'meshgate_discovery_source_hosts',
      'Hosts of a source, as they are believed.',
      sources.map(({ source, labels }) => ({ labels, value: source.hosts })),
    ),
    gauge(
      'meshgate_discovery_source_answered_timestamp_seconds',
      'When the last believed answer of a source was given.',
      sources.flatMap(({ source: { answeredEpochMs }, labels }) =>
        answeredEpochMs === undefined ? [] : [{ labels, value: answeredEpochMs / 1_000 }],
      ),
    ),
  ];
}
