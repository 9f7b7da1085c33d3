import type { Generator, KnownService } from '../../render/generators/generator.ts';
import {
  nextServices,
  type ServicesState,
  servicesDueEpochMs,
  servicesOf,
  startServices,
} from './believed-services.ts';
import type { ServiceList, ServicesAnswer } from './service-list.ts';
import type { LastServices, ServiceMemory } from './service-memory.ts';

export type FollowedServicesPorts = {
  readonly list: ServiceList;
  readonly memory: ServiceMemory;
  readonly nowEpochMs: () => number;
  /** `services` is another than before. */
  readonly onChange: () => void;
  readonly say: (line: string) => void;
};

/** Where the source of one generator stands. Plain JSON. */
export type ServicesReport = {
  readonly name: string;
  /** As of the sources of hosts. */
  readonly state: 'waiting' | 'current' | 'held' | 'stale' | 'expired';
  /** That are believed to be there. */
  readonly services: number;
  readonly failing?: { readonly sinceEpochMs: number; readonly problem: string };
  readonly floor?: { readonly given: number; readonly kept: number; readonly untilEpochMs: number };
};

/** A timer of Node's waits no longer than this. */
const LONGEST_WAIT_MS = 0x7fff_ffff;

/** The services of one generator: what its source says, as far as it is believed. */
export class FollowedServices implements AsyncDisposable {
  readonly #ports: FollowedServicesPorts;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** The names of those that were served before the start, in the order in which they came. */
  readonly servedBefore: readonly string[];
  #generator: Generator;
  #state: ServicesState;
  #services: readonly KnownService[] | undefined;
  #kept: Pick<LastServices, 'services' | 'served'> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(generator: Generator, ports: FollowedServicesPorts) {
    this.#generator = generator;
    this.#ports = ports;
    const remembered = ports.memory.remembered(generator);
    this.servedBefore = remembered?.services.slice(0, remembered.served).map(({ name }) => name) ?? [];
    this.#state = startServices(generator, ports.nowEpochMs(), remembered);
    this.#services = servicesOf(this.#state);
    this.#wake();
    this.#running = this.#follow();
  }

  get name(): string {
    return this.#ports.list.name;
  }
  get generator(): Generator {
    return this.#generator;
  }
  /** Undefined: nothing was ever said. */
  get services(): readonly KnownService[] | undefined {
    return this.#services;
  }

  /** The same source with other bounds, or another template. */
  configure(generator: Generator): void {
    this.#generator = generator;
    this.#state = { ...this.#state, bounds: generator };
    const { held, failing } = this.#state;
    // A floor that was lowered lets go what waits because of it.
    if (held && !failing)
      this.#state = nextServices(this.#state, { kind: 'services', services: held.services }, this.#ports.nowEpochMs());
    this.#services = servicesOf(this.#state);
    this.#wake();
  }

  /** What is remembered for the next start. */
  keep(kept: Pick<LastServices, 'services' | 'served'>): void {
    this.#kept = kept;
    const { believed, failing } = this.#state;
    this.#ports.memory.remember(
      this.#generator,
      believed && { ...kept, ...(failing ? { failingSinceEpochMs: failing.sinceEpochMs } : {}) },
    );
  }

  report(): ServicesReport {
    const { believed, held, failing, expired, bounds } = this.#state;
    const services = this.#services?.length ?? 0;
    const state = believed ? (failing ? 'stale' : held ? 'held' : 'current') : expired ? 'expired' : 'waiting';
    const given = held?.services.length ?? 0;
    return {
      name: this.name,
      state,
      services,
      ...(failing ? { failing } : {}),
      ...(held
        ? { floor: { given, kept: services - given, untilEpochMs: held.sinceEpochMs + bounds.floorHoldMs } }
        : {}),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { list } = this.#ports;
    for await (const answer of list.watch(this.#stop.signal)) this.#take(answer);
  }

  #take(answer: ServicesAnswer | undefined): void {
    if (this.#stop.signal.aborted) return;
    const { nowEpochMs, onChange } = this.#ports;
    const before = this.#state;
    this.#state = nextServices(before, answer, nowEpochMs());
    this.#tell(before);
    const services = servicesOf(this.#state);
    const isSame = JSON.stringify(services) === JSON.stringify(this.#services);
    this.#services = services;
    this.#wake();
    if (this.#kept) this.keep(this.#kept);
    if (!isSame) onChange();
  }

  #tell({ failing: failed, held: wasHeld }: ServicesState): void {
    const { say } = this.#ports;
    const { failing, held, believed } = this.#state;
    const count = believed?.services.length ?? 0;
    if (failing && failing.problem !== failed?.problem)
      say(`${this.name}: it fails: ${failing.problem}; ${count} services of its last answer are served on`);
    if (!failing && failed) say(`${this.name}: it answers again`);
    if (held && !wasHeld)
      say(`${this.name}: it knows only ${held.services.length} services now: the others of ${count} are kept`);
  }

  #wake(): void {
    clearTimeout(this.#timer);
    const due = servicesDueEpochMs(this.#state);
    if (due === undefined || !Number.isFinite(due)) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(1, due - this.#ports.nowEpochMs()));
    this.#timer = setTimeout(() => this.#take(undefined), waitMs).unref();
  }
}
