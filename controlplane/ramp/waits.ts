import type { HostId } from './ramp-state.ts';
import type { RampWait } from './ramp-words.ts';

/** Gathers why a ramp waits, and when to look again. */
export class Waits {
  readonly #found: RampWait[] = [];
  #wakeAtMs: number | undefined;

  get found(): readonly RampWait[] {
    return this.#found;
  }

  get wakeAtMs(): number | undefined {
    return this.#wakeAtMs;
  }

  wake(atMs: number): void {
    this.#wakeAtMs = Math.min(atMs, this.#wakeAtMs ?? atMs);
  }

  /** Hosts that wait for the same reason are named together. */
  say(kind: RampWait['kind'], ids: readonly HostId[], text: string): void {
    const hosts = ids.map((id) => id.slice(id.lastIndexOf(' ') + 1));
    const at = this.#found.findIndex((wait) => wait.kind === kind && wait.text === text);
    const before = this.#found[at];
    if (before) this.#found[at] = { ...before, hosts: [...before.hosts, ...hosts] };
    else this.#found.push({ kind, hosts, text });
  }
}
