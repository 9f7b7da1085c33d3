import { BoundedTable } from './bounded-table.ts';
import {
  addExchanges,
  type EdgeSums,
  type ExchangeSums,
  type MutableSums,
  noExchanges,
  OTHER,
  type Reporter,
} from './edge-sums.ts';

export type EdgeLimits = {
  /** How long a window is; windows begin at multiples of it, so that those of several control planes can be added. */
  readonly windowMs: number;
  /** Edges that one window keeps apart, and those of one caller among them. */
  readonly maxEdges: number;
  readonly maxPerSource: number;
  /** Rows that wait for a store that is gone, over all windows; beyond it the oldest windows are lost. */
  readonly maxWaiting: number;
  /** Windows that are stored are kept so long, for who looks at this control plane. */
  readonly keptMs: number;
};

export const EDGE_LIMITS: EdgeLimits = {
  windowMs: 60_000,
  maxEdges: 2_000,
  maxPerSource: 500,
  maxWaiting: 50_000,
  keptMs: 5 * 60_000,
};

/** The window under way is given not more often than this. */
const PARTS_EVERY_MS = 4_000;

type Row = { readonly sums: MutableSums; isChanged: boolean };
type Window = { readonly fromEpochMs: number; readonly table: BoundedTable<Row> };

/** The edges of the service map, by the time at which they were heard of. Memory is bounded, whatever the names are. */
export class EdgeWindows {
  readonly #limits: EdgeLimits;
  readonly #windows = new Map<number, Window>();
  #partsAtEpochMs = 0;
  #lost = 0;

  constructor(limits: EdgeLimits = EDGE_LIMITS) {
    this.#limits = limits;
  }

  /** Rows that were given up because no store took them. */
  get lost(): number {
    return this.#lost;
  }

  /** When the window began, or would have begun, that a moment is in. */
  windowOf(epochMs: number): number {
    return epochMs - (epochMs % this.#limits.windowMs);
  }

  add(source: string, destination: string, reporter: Reporter, sums: ExchangeSums, nowEpochMs: number): void {
    const row = this.#window(nowEpochMs).table.rowFor([source, destination, reporter], nowEpochMs);
    addExchanges(row.sums, sums);
    row.isChanged = true;
  }

  /** What changed since it was taken last, each row as a whole: writing one again replaces it. `isLast`: there will be no next time. */
  takeChanged(nowEpochMs: number, isLast = false): readonly EdgeSums[] {
    const withParts = isLast || nowEpochMs - this.#partsAtEpochMs >= PARTS_EVERY_MS;
    if (withParts) this.#partsAtEpochMs = nowEpochMs;
    this.#forget(nowEpochMs);
    const taken: EdgeSums[] = [];
    for (const window of this.#windows.values()) {
      if (!withParts && !this.#isOver(window, nowEpochMs)) continue;
      for (const [key, row] of window.table.rows(window.fromEpochMs)) {
        if (!row.isChanged) continue;
        row.isChanged = false;
        taken.push(this.#edge(window, key, row));
      }
    }
    return taken;
  }

  /** They could not be stored: give them again, as they are by then. */
  giveBack(edges: readonly EdgeSums[]): void {
    for (const { fromEpochMs, source, destination, reporter } of edges) {
      const window = this.#windows.get(fromEpochMs);
      if (!window) this.#lost += 1;
      else window.table.rowFor([source, destination, reporter], fromEpochMs).isChanged = true;
    }
  }

  /** All windows from that time on, as far as they are kept. */
  since(fromEpochMs: number): readonly EdgeSums[] {
    return [...this.#windows.values()]
      .filter((window) => window.fromEpochMs + this.#limits.windowMs > fromEpochMs)
      .flatMap((window) =>
        [...window.table.rows(window.fromEpochMs)].map(([key, row]) => this.#edge(window, key, row)),
      );
  }

  #edge(
    { fromEpochMs }: Window,
    [source = '', destination = '', reporter]: readonly string[],
    { sums }: Row,
  ): EdgeSums {
    return {
      ...sums,
      latencyCounts: [...sums.latencyCounts],
      fromEpochMs,
      toEpochMs: fromEpochMs + this.#limits.windowMs,
      source,
      destination,
      // Beyond the number of edges it is not told apart who said it: it is added to what callers say.
      reporter: reporter === 'callee' ? 'callee' : 'caller',
    };
  }

  #window(nowEpochMs: number): Window {
    const { maxEdges, maxPerSource } = this.#limits;
    const fromEpochMs = this.windowOf(nowEpochMs);
    const known = this.#windows.get(fromEpochMs);
    if (known) return known;
    const limits = { maxRows: maxEdges, maxPerOwner: maxPerSource, keptMs: Number.POSITIVE_INFINITY };
    const table = new BoundedTable<Row>(limits, () => ({ sums: noExchanges(), isChanged: false }), OTHER);
    const window = { fromEpochMs, table };
    this.#windows.set(fromEpochMs, window);
    return window;
  }

  #isOver({ fromEpochMs }: Window, nowEpochMs: number): boolean {
    return fromEpochMs + this.#limits.windowMs <= nowEpochMs;
  }

  /** What is stored and nobody looks at any more; what is not stored, only where there is too much of it. */
  #forget(nowEpochMs: number): void {
    let rows = 0;
    for (const { table } of this.#windows.values()) rows += table.size;
    for (const window of [...this.#windows.values()].sort((a, b) => a.fromEpochMs - b.fromEpochMs)) {
      const { fromEpochMs, table } = window;
      const changed = [...table.rows(fromEpochMs)].filter(([, row]) => row.isChanged).length;
      const tooMuch = rows > this.#limits.maxWaiting && this.#isOver(window, nowEpochMs);
      const isOld = nowEpochMs - fromEpochMs - this.#limits.windowMs >= this.#limits.keptMs;
      if (!tooMuch && (changed > 0 || !isOld)) continue;
      this.#lost += changed;
      this.#windows.delete(fromEpochMs);
      rows -= table.size;
    }
  }
}
