import { DISCOVERY_RULES } from '../discovery/rules.ts';
import type { DiscoveredCluster } from './discovery-view.ts';
import type { MetricFamily } from './prometheus-text.ts';

/** What of the hosts that are found people should look at; how each source stands is `meshgate_discovery_source_…`. */
export function discoveryMetrics(clusters: readonly DiscoveredCluster[]): readonly MetricFamily[] {
  const sources = clusters.flatMap(({ cluster, report }) =>
    (report?.sources ?? []).map((source, index) => ({
      source,
      // Two sources of one cluster may bear one name: their place tells them apart.
      labels: { cluster, source: source.name, priority: String(source.priority), place: String(index + 1) },
    })),
  );
  return [
    {
      name: 'meshgate_discovery_findings',
      help: 'Findings of the hosts of a cluster, by rule; 0: the rule holds.',
      type: 'gauge',
      samples: clusters.flatMap(({ cluster, findings }) =>
        DISCOVERY_RULES.map(({ code, severity }) => ({
          labels: { cluster, rule: code, severity },
          value: findings.filter(({ rule }) => rule === code).length,
        })),
      ),
    },
    {
      name: 'meshgate_discovery_source_failing_since_timestamp_seconds',
      help: 'Since when a source fails; absent while it answers.',
      type: 'gauge',
      samples: sources.flatMap(({ source: { failing }, labels }) =>
        failing ? [{ labels, value: failing.sinceEpochMs / 1_000 }] : [],
      ),
    },
    {
      name: 'meshgate_discovery_source_kept_hosts',
      help: 'Hosts that are served though the last answer of a source, which is below the floor, does not have them.',
      type: 'gauge',
      samples: sources.map(({ source, labels }) => ({ labels, value: source.floor?.kept ?? 0 })),
    },
  ];
}
