import type { Counted } from './tally.ts';

type Placed = { readonly priority: number };

const countBy = (hosts: readonly Placed[]): Map<number, number> =>
  new Map([...Map.groupBy(hosts, ({ priority }) => priority)].map(([priority, { length }]) => [priority, length]));

/**
 * Of each priority, as many healthy hosts stay as are wanted, or as there are: what replaces a host is there before it goes. Envoy thinks
 * so too: a host that its source does not name any more is kept while it passes its checks.
 */
export class Capacity {
  readonly #good: Map<number, number>;
  readonly #wanted: ReadonlyMap<number, number>;
  readonly #before: ReadonlyMap<number, number>;

  constructor(served: Iterable<Counted>, wanted: readonly Placed[]) {
    this.#good = countBy([...served].filter(({ sure }) => sure));
    this.#before = new Map(this.#good);
    this.#wanted = countBy(wanted);
  }

  canSpare({ sure, priority }: Counted): boolean {
    const floor = Math.min(this.#before.get(priority) ?? 0, this.#wanted.get(priority) ?? 0);
    return !sure || (this.#good.get(priority) ?? 0) > floor;
  }

  leave({ sure, priority }: Counted): void {
    if (sure) this.#good.set(priority, (this.#good.get(priority) ?? 0) - 1);
  }
}
