export type TableLimits = {
  /** Rows that are kept apart. */
  readonly maxRows: number;
  /** Of them, for one owner: who sends many takes nothing from the others. */
  readonly maxPerOwner: number;
  /** A row that nothing was added to for so long goes. */
  readonly keptMs: number;
};

type Entry<Row> = { readonly key: readonly string[]; readonly row: Row; touchedMs: number };

/**
 * Rows by a key of texts, whose first is the owner. What finds no place any more is added to the row `[owner, other, …]`, and of owners
 * that have no row yet to `[other, other, …]`: sums stay exact, memory stays bounded, whatever the keys are.
 */
export class BoundedTable<Row> {
  readonly #limits: TableLimits;
  readonly #fresh: () => Row;
  readonly #other: string;
  readonly #rows = new Map<string, Entry<Row>>();
  readonly #perOwner = new Map<string, number>();
  #sweptMs = 0;
  #folded = 0;

  constructor(limits: TableLimits, fresh: () => Row, other: string) {
    this.#limits = limits;
    this.#fresh = fresh;
    this.#other = other;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** How many times something went into a row that is not its own. */
  get folded(): number {
    return this.#folded;
  }

  /** The row to add to. */
  rowFor(key: readonly string[], nowMs: number): Row {
    const name = key.join('\0');
    const known = this.#rows.get(name);
    if (known) {
      known.touchedMs = nowMs;
      return known.row;
    }
    this.#sweep(nowMs);
    const [owner = '', ...rest] = key;
    const owned = this.#perOwner.get(owner) ?? 0;
    const { maxRows, maxPerOwner } = this.#limits;
    if (owned < maxPerOwner && this.#rows.size < maxRows) return this.#open(name, key, nowMs);
    this.#folded += 1;
    const keeps = owned > 0;
    const folded = [keeps ? owner : this.#other, ...rest.map(() => this.#other)];
    const place = folded.join('\0');
    const row = this.#rows.get(place);
    if (!row) return this.#open(place, folded, nowMs);
    row.touchedMs = nowMs;
    return row.row;
  }

  *rows(nowMs: number): Iterable<readonly [key: readonly string[], row: Row]> {
    this.#sweep(nowMs, true);
    for (const { key, row } of this.#rows.values()) yield [key, row];
  }

  #open(name: string, key: readonly string[], nowMs: number): Row {
    const row = this.#fresh();
    this.#rows.set(name, { key, row, touchedMs: nowMs });
    const owner = key[0] ?? '';
    this.#perOwner.set(owner, (this.#perOwner.get(owner) ?? 0) + 1);
    return row;
  }

  /** Rows that are gone make room. Looking through all of them costs: not more often than ten times in their life. */
  #sweep(nowMs: number, now = false): void {
    if (!now && nowMs - this.#sweptMs < this.#limits.keptMs / 10) return;
    this.#sweptMs = nowMs;
    for (const [name, { key, touchedMs }] of this.#rows) {
      if (nowMs - touchedMs <= this.#limits.keptMs) continue;
      this.#rows.delete(name);
      const owner = key[0] ?? '';
      const left = (this.#perOwner.get(owner) ?? 1) - 1;
      if (left > 0) this.#perOwner.set(owner, left);
      else this.#perOwner.delete(owner);
    }
  }
}
