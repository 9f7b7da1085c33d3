import type { RampMemory } from './ramp-memory.ts';
import type { KeptRamp, RampOrder } from './ramp-state.ts';

/** The record of one ramp, as far as it is known here: what others wrote meanwhile is not written over, and neither is what they ordered. */
export class RampRecord {
  readonly #memory: RampMemory;
  #order: RampOrder;

  /** `order`: of what was read last. */
  constructor(memory: RampMemory, order: RampOrder) {
    this.#memory = memory;
    this.#order = order;
  }

  /** Whether it has `order`, the same object. */
  hasOrder(order: RampOrder): boolean {
    return this.#order === order;
  }

  adopted({ order }: KeptRamp): void {
    this.#order = order;
  }

  /**
   * Keeps `next` in place of `version`; resolves with `next` itself then, else with what another control plane kept, or undefined when it is
   * gone again. Rejects when it cannot be kept.
   */
  async keep(next: KeptRamp, version: number): Promise<KeptRamp | undefined> {
    if (await this.#memory.replace(next, version, this.#order)) return this.#kept(next);
    const found = await this.#memory.read();
    // It was removed, or put back to an older one: what is served here is what Envoys have.
    if ((found?.version ?? 0) >= version) return found;
    return (await this.#memory.replace(next, found?.version ?? 0, found?.order)) ? this.#kept(next) : undefined;
  }

  #kept(next: KeptRamp): KeptRamp {
    this.#order = next.order;
    return next;
  }
}
