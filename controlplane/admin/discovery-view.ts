import type { Finding } from '../../render/finding.ts';
import type { DiscoveryReport } from '../discovery/combine/discovery-report.ts';
import type { StageServer } from '../serve/stage-server.ts';

/** Where the hosts of one cluster come from, and what of that people should look at. */
export type DiscoveredCluster = {
  readonly cluster: string;
  /** Absent until its sources are followed. */
  readonly report?: DiscoveryReport;
  readonly findings: readonly Finding[];
};

/** Of all clusters with `discovery:`, by name. */
export const discoveryView = (server: StageServer): readonly DiscoveredCluster[] =>
  [...(server.hosts?.views() ?? [])]
    .map(([cluster, { discovery, findings }]) => ({ cluster, ...(discovery ? { report: discovery } : {}), findings }))
    .toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
