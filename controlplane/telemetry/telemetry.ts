import type { LogEntry, LogMessage } from '../access-logs/log-entry.ts';
import type { AccessLogOut } from '../access-logs/out/access-log-out.ts';
import type { TrafficIncrement } from '../fleet/traffic-meter.ts';
import { serviceOf } from '../serve/certified-node.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import type { TableLimits } from './bounded-table.ts';
import { directionOfCluster, directionOfEntry } from './direction.ts';
import { type ExchangeSums, type MutableSums, noExchanges } from './edge-sums.ts';
import { EDGE_LIMITS, type EdgeLimits, EdgeWindows } from './edge-windows.ts';
import { LoggedTable, ServiceTable, TABLE_LIMITS } from './exchange-tables.ts';
import { addEntry } from './exchanges-of-log.ts';
import { exchangesWithout, LoggedBefore, type Noted } from './logged-before.ts';
import { ReadingPace } from './reading-pace.ts';
import { nameOf, ServiceNames } from './service-names.ts';

export type TelemetryOptions = {
  readonly stage: string;
  readonly nowEpochMs: () => number;
  /** Where each entry of an access log goes beside. */
  readonly outs?: readonly AccessLogOut[];
  readonly edgeLimits?: EdgeLimits;
  readonly tableLimits?: TableLimits;
  readonly pace?: ReadingPace;
};

/**
 * What the fleet of one control plane says of its traffic: the service map in windows, and sums for metrics. Each Envoy is heard once: by
 * its metrics where it streams them, since they tell of everything; else by its access logs.
 */
export class Telemetry {
  readonly names = new ServiceNames();
  readonly pace: ReadingPace;
  readonly edges: EdgeWindows;
  readonly services: ServiceTable;
  readonly logged: LoggedTable;
  readonly outs: readonly AccessLogOut[];
  readonly stage: string;
  readonly startedEpochMs: number;
  /** Since it started; of streams, those that are open. */
  readonly counts = { entries: 0, malformedStreams: 0, lostInEnvoys: 0, logStreams: 0, metricStreams: 0 };
  readonly #nowEpochMs: () => number;
  readonly #before = new LoggedBefore();

  constructor({
    stage,
    nowEpochMs,
    outs = [],
    edgeLimits = EDGE_LIMITS,
    tableLimits = TABLE_LIMITS,
    pace = new ReadingPace(),
  }: TelemetryOptions) {
    this.stage = stage;
    this.#nowEpochMs = nowEpochMs;
    this.startedEpochMs = nowEpochMs();
    this.outs = outs;
    this.pace = pace;
    this.edges = new EdgeWindows(edgeLimits);
    this.services = new ServiceTable(tableLimits);
    this.logged = new LoggedTable(tableLimits);
  }

  now(): number {
    return this.#nowEpochMs();
  }

  /** Until the returned function is called. */
  opensLog(node: XdsNode): () => void {
    const close = this.#before.open(node.id, this.now());
    this.counts.logStreams += 1;
    return () => {
      this.counts.logStreams -= 1;
      close();
    };
  }

  /** `alone`: its metrics are not heard, so this counts. `traffic` is what was counted of it for the observation of a promotion. */
  takeLog(node: XdsNode, { logName, entries }: LogMessage, alone: boolean, traffic: TrafficIncrement): void {
    const own = nameOf(serviceOf(node));
    const nowEpochMs = this.now();
    const clusters = new Map<string, MutableSums>();
    this.counts.entries += entries.length;
    for (const logged of entries) {
      const entry = this.names.withCluster(logged);
      const direction = directionOfEntry(own, logName, entry, this.names);
      for (const out of this.outs) out.write({ node, stage: this.stage, direction, entry, atEpochMs: nowEpochMs });
      if (entry.isIntermediate) continue;
      this.logged.add(direction, node.version, entry, nowEpochMs);
      if (!alone) continue;
      const sums = sumsOf(entry);
      this.edges.add(direction.source, direction.destination, direction.reporter, sums, nowEpochMs);
      this.services.add(direction, entry.cluster, node.version, sums, nowEpochMs);
      const known = clusters.get(entry.cluster) ?? noExchanges();
      clusters.set(entry.cluster, known);
      addEntry(known, entry);
    }
    if (alone) this.#before.note(node.id, traffic, clusters, nowEpochMs);
  }

  /** An Envoy begins to stream metrics: what its logs have told of it until now. */
  loggedBefore(node: XdsNode): Noted | undefined {
    return this.#before.take(node.id);
  }

  /** What an Envoy counted per cluster since it last said so; `noted` is taken off. */
  takeMetrics(node: XdsNode, clusters: ReadonlyMap<string, ExchangeSums>, noted: Noted | undefined): void {
    const own = nameOf(serviceOf(node));
    const nowEpochMs = this.now();
    for (const [called, all] of clusters) {
      const cluster = this.names.clusterCalled(called);
      const before = noted?.clusters.get(cluster);
      const sums = before ? exchangesWithout(all, before) : all;
      if (before && isNothing(sums)) continue;
      const direction = directionOfCluster(own, cluster, this.names);
      this.edges.add(direction.source, direction.destination, direction.reporter, sums, nowEpochMs);
      this.services.add(direction, cluster, node.version, sums, nowEpochMs);
    }
  }
}

const isNothing = ({ latencyCounts, ...sums }: ExchangeSums): boolean =>
  [...latencyCounts, ...Object.values(sums)].every((sum) => sum === 0);

function sumsOf(entry: LogEntry): ExchangeSums {
  const sums = noExchanges();
  addEntry(sums, entry);
  return sums;
}
