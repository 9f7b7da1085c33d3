import type { LogEntry } from '../access-logs/log-entry.ts';
import { LATENCY_BOUNDS_MS } from '../fleet/traffic-sums.ts';
import { BoundedTable, type TableLimits } from './bounded-table.ts';
import type { Direction } from './direction.ts';
import { addExchanges, type ExchangeSums, type MutableSums, noExchanges, OTHER } from './edge-sums.ts';
import { addEntry, bucketOf } from './exchanges-of-log.ts';
import { nameOf } from './service-names.ts';

/** Sums since this control plane began, of what was heard of within the last hour. */
export const TABLE_LIMITS: TableLimits = { maxRows: 2_000, maxPerOwner: 500, keptMs: 60 * 60_000 };

export type Exemplar = { readonly traceId: string; readonly seconds: number; readonly atEpochMs: number };

export type LoggedRow = MutableSums & {
  latencySumMs: number;
  readonly flags: Map<string, number>;
  /** The newest one with a trace, by bucket of latency. */
  readonly exemplars: (Exemplar | undefined)[];
};

/** Labels of a row, in this order. The first is the owner: see `BoundedTable`. */
export const SERVICE_KEY = ['source', 'destination', 'reporter', 'cluster', 'envoy_version'] as const;
export const LOGGED_KEY = [...SERVICE_KEY, 'route'] as const;

/** What services say to each other, from the metrics of their Envoys, or the logs of those that send no metrics. */
export class ServiceTable {
  readonly table: BoundedTable<MutableSums>;

  constructor(limits: TableLimits = TABLE_LIMITS) {
    this.table = new BoundedTable(limits, noExchanges, OTHER);
  }

  add(
    { source, destination, reporter }: Direction,
    cluster: string,
    version: string,
    sums: ExchangeSums,
    nowMs: number,
  ) {
    addExchanges(this.table.rowFor([source, destination, reporter, nameOf(cluster), nameOf(version)], nowMs), sums);
  }
}

/** What access logs say, by route and with Envoy's response flags; whatever the listeners of a mesh config log. */
export class LoggedTable {
  readonly table: BoundedTable<LoggedRow>;

  constructor(limits: TableLimits = TABLE_LIMITS) {
    const fresh = (): LoggedRow => ({
      ...noExchanges(),
      latencySumMs: 0,
      flags: new Map(),
      exemplars: new Array<Exemplar | undefined>(LATENCY_BOUNDS_MS.length + 1).fill(undefined),
    });
    this.table = new BoundedTable(limits, fresh, OTHER);
  }

  add({ source, destination, reporter }: Direction, version: string, entry: LogEntry, nowMs: number): void {
    const key = [source, destination, reporter, nameOf(entry.cluster), nameOf(version), nameOf(entry.route)];
    const row = this.table.rowFor(key, nowMs);
    addEntry(row, entry);
    for (const flag of entry.flags) row.flags.set(flag, (row.flags.get(flag) ?? 0) + 1);
    if (entry.kind === 'tcp' || entry.durationMs === undefined) return;
    row.latencySumMs += entry.durationMs;
    if (entry.traceId === undefined) return;
    row.exemplars[bucketOf(entry.durationMs)] = {
      traceId: entry.traceId,
      seconds: entry.durationMs / 1_000,
      atEpochMs: nowMs,
    };
  }
}
