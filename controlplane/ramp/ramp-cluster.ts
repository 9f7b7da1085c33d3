import { EventEmitter, once } from 'node:events';
import { type HealthSource, leastHealthy } from './health-source.ts';
import { HealthWatch } from './health-watch.ts';
import { initialState } from './initial-state.ts';
import { NamedTimers } from './named-timers.ts';
import { nextRamp, type RampEvent } from './next-ramp.ts';
import { PeerWatch } from './peer-watch.ts';
import type { RampClock } from './ramp-clock.ts';
import type { WantedHosts } from './ramp-input.ts';
import type { RampMemory } from './ramp-memory.ts';
import { NO_PEERS, type RampPeers } from './ramp-peers.ts';
import { RampRecord } from './ramp-record.ts';
import type { RampSettings } from './ramp-settings.ts';
import { admittedHosts, type KeptRamp, keptOf, type RampState } from './ramp-state.ts';
import { type RampView, rampView } from './ramp-view.ts';
import type { RampEntry, RampWait } from './ramp-words.ts';
import { strictestSettings } from './strictest-settings.ts';

export type RampClusterOptions = {
  readonly cluster: string;
  readonly settings: RampSettings;
  readonly clock: RampClock;
  readonly memory: RampMemory;
  /** What Envoys have where nothing is kept: they were served it otherwise until now. Default: nothing. */
  readonly begin?: KeptRamp['admitted'] | undefined;
  readonly health: readonly HealthSource[];
  /**
   * Whoever serves cannot tell when Envoys have taken a step: it is taken for granted after so many ms. Default: `applied` is called.
   */
  readonly assumeAppliedMs?: number;
  /** Other control planes with the same memory: a step counts when their Envoys have taken it too, and see it healthy. Default: none. */
  readonly peers?: RampPeers;
  /** Every step and what else happens, as it happens. */
  readonly onEntry?: (entry: RampEntry) => void;
};

/** What to serve. `version` grows with the members; weights and metadata may change within one. */
export type ServedHosts = { readonly version: number; readonly hosts: WantedHosts };

export interface ClusterRamp extends AsyncDisposable {
  readonly cluster: string;
  want(hosts: WantedHosts): void;
  /** Every Envoy that is connected to this control plane has ACKed the hosts of `version`. */
  applied(version: number): void;
  /**
   * Envoys build the cluster anew, and ask every host before they use it: what was seen counts no more, and while they may still use it as
   * it was, the stricter settings do. `health`: who can say something of its hosts now; default: the same.
   */
  configure(settings: RampSettings, health?: readonly HealthSource[]): void;
  order(order: 'hold' | 'release' | 'hurry', by: string): void;
  /** What is to be served now; undefined until what is kept was read, and while nothing is. */
  readonly served: ServedHosts | undefined;
  /** The newest of `served` whenever it changes; one that nobody fetched in time is left out. */
  follow(signal: AbortSignal): AsyncIterable<ServedHosts>;
  view(): RampView;
  /** Why it is not where it should be; empty when it is. */
  readonly waiting: readonly RampWait[];
}

const RETRY_MS = 5_000;
const KEPT_ENTRIES = 200;
const GATHER_MS = 250;

/**
 * Runs the ramp of one cluster. A step is kept before it is served: what Envoys hold is what the next control plane starts from.
 * Resolves when what was kept is read; rejects when that cannot be read, for starting from nothing would throw away every host.
 */
export async function rampCluster(options: RampClusterOptions): Promise<ClusterRamp> {
  const ramp = new Ramp(options, await initialState(options));
  ramp.start();
  return ramp;
}

class Ramp implements ClusterRamp {
  readonly cluster: string;
  readonly #options: RampClusterOptions;
  readonly #health: HealthWatch;
  readonly #peers: PeerWatch;
  readonly #record: RampRecord;
  readonly #news = new EventEmitter();
  readonly #entries: RampEntry[] = [];
  #settings: RampSettings;
  #state: RampState;
  #served: ServedHosts | undefined;
  #waiting: readonly RampWait[] = [];
  #problem: string | undefined;
  /** What was said and not taken in yet; of each kind the last word counts. */
  #said = new Map<RampEvent['kind'], (atMs: number) => RampEvent>();
  #running: Promise<void> | undefined;
  #again = false;
  readonly #timers: NamedTimers;
  #unfollow: () => void = () => {};
  #disposed = false;

  constructor(options: RampClusterOptions, state: RampState) {
    this.cluster = options.cluster;
    this.#options = options;
    this.#settings = options.settings;
    this.#timers = new NamedTimers(options.clock);
    this.#state = state;
    this.#record = new RampRecord(options.memory, state.order);
    this.#news.setMaxListeners(0);
    this.#peers = new PeerWatch(options.cluster, options.peers ?? NO_PEERS, () => this.#peersChanged());
    this.#health = new HealthWatch(options.health, () => this.#healthChanged());
  }

  get served(): ServedHosts | undefined {
    return this.#served;
  }

  start(): void {
    if (this.#state.version > 0) this.#publish();
    this.#unfollow = this.#options.memory.follow?.(() => void this.#readAgain()) ?? this.#unfollow;
    this.#wakeUp();
  }

  want(hosts: WantedHosts): void {
    this.#say('wanted', (atMs) => ({ kind: 'wanted', hosts, atMs }));
  }

  applied(version: number): void {
    this.#peers.takenHere(version);
    this.#wakeUp();
  }

  order(order: 'hold' | 'release' | 'hurry', by: string): void {
    this.#say('order', (atMs) => ({ kind: 'order', order, by, atMs }));
  }

  configure(settings: RampSettings, health?: readonly HealthSource[]): void {
    this.#settings = strictestSettings(this.#settings, settings);
    const until = Math.max(settings.lagMs, this.#settings.settleUnseenMs);
    this.#timers.set('configured', until, () => {
      this.#settings = settings;
      this.#wakeUp();
    });
    if (health) this.#health.follow(health);
    this.#peers.takenHere(0);
    this.#assumeApplied();
    this.#say('reconfigured', (atMs) => ({ kind: 'reconfigured', atMs }));
  }

  async *follow(signal: AbortSignal): AsyncIterable<ServedHosts> {
    let told: ServedHosts | undefined;
    while (!signal.aborted && !this.#disposed) {
      const served = this.#served;
      if (served && served !== told) {
        told = served;
        yield served;
        continue;
      }
      await once(this.#news, 'served', { signal }).catch(() => undefined);
    }
  }

  view(): RampView {
    return rampView({
      cluster: this.cluster,
      state: this.#state,
      settings: this.#settings,
      waiting: this.waiting,
      entries: this.#entries,
      atMs: this.#options.clock.nowEpochMs(),
    });
  }

  get waiting(): readonly RampWait[] {
    return this.#problem ? [{ kind: 'not-kept', hosts: [], text: this.#problem }, ...this.#waiting] : this.#waiting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#unfollow();
    this.#timers[Symbol.dispose]();
    this.#health[Symbol.dispose]();
    this.#peers[Symbol.dispose]();
    await this.#running;
    this.#news.emit('served');
  }

  #say(kind: RampEvent['kind'], event: (atMs: number) => RampEvent): void {
    this.#said.set(kind, event);
    this.#wakeUp();
  }

  /** A thousand Envoys speak two hundred times a second: they are looked at together. */
  #healthChanged(): void {
    if (!this.#timers.has('health')) this.#timers.set('health', GATHER_MS, () => this.#wakeUp());
  }

  #wakeUp(): void {
    this.#again = true;
    if (this.#running || this.#disposed) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.#wakeUp();
    });
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#disposed) {
      this.#again = false;
      // What is thought over goes by what is seen now: an Envoy may have come since.
      const isDue = this.#said.size > 0 || this.#state.appliedAtMs === undefined;
      if (isDue && !(await this.#takeEvidence())) return;
      const said = [...this.#said];
      this.#said = new Map();
      for (const [at, [, event]] of said.entries()) {
        if (await this.#take(event(this.#now()))) continue;
        // It could not be kept: said again, unless something newer was said in the meantime.
        for (const [kind, again] of said.slice(at)) if (!this.#said.has(kind)) this.#said.set(kind, again);
        return;
      }
      this.#health.look(this.#state);
      this.#peers.tell(this.#state, this.#health.seen(this.#now()));
      const { version, appliedAtMs } = this.#state;
      const isTaken = appliedAtMs === undefined && this.#peers.isTaken(this.#state);
      if (isTaken && !(await this.#take({ kind: 'applied', version, atMs: this.#now() }))) return;
      if (!(await this.#takeEvidence())) return;
    }
  }

  async #takeEvidence(): Promise<boolean> {
    const atMs = this.#now();
    const own = this.#health.seen(atMs);
    const evidence = leastHealthy([own, ...this.#peers.evidence(this.#state, this.#settings, atMs)]);
    const isTaken = await this.#take({ kind: 'evidence', evidence, atMs });
    this.#peers.tell(this.#state, own);
    return isTaken;
  }

  /** False: it was not taken in, because a step could not be kept. */
  async #take(event: RampEvent): Promise<boolean> {
    const ramped = nextRamp(this.#state, event, this.#settings);
    const { state } = ramped;
    const members = state.version !== this.#state.version;
    const isNews = ramped.log.some(({ kind }) => kind === 'confirmed' || kind === 'counted');
    if (event.kind === 'adopted') this.#record.adopted(event.kept);
    // An order that ended by itself as well: it would hold again for whoever reads it later.
    else if ((members || isNews || !this.#record.hasOrder(state.order)) && !(await this.#keep(state))) return false;
    this.#state = state;
    this.#waiting = ramped.waiting;
    for (const entry of ramped.log) this.#tell(entry);
    if (ramped.changed || members) this.#publish();
    if (ramped.wakeAtMs !== undefined) this.#timers.set('wake', ramped.wakeAtMs - event.atMs, () => this.#wakeUp());
    return true;
  }

  /** False: not kept, or another control plane was first. What that one serves is served here too then, and thought over again. */
  async #keep(state: RampState): Promise<boolean> {
    try {
      const next = keptOf(state);
      const kept = await this.#record.keep(next, this.#state.version);
      this.#problem = undefined;
      if (kept === next) return true;
      if (kept) await this.#take({ kind: 'adopted', kept, atMs: this.#now() });
      this.#again = true;
    } catch (fault) {
      this.#problem = `a step cannot be kept, and is not made: ${fault instanceof Error ? fault.message : String(fault)}`;
      this.#timers.set('retry', RETRY_MS, () => this.#wakeUp());
    }
    return false;
  }

  #peersChanged(): void {
    if (this.#peers.knowsMore(this.#state)) void this.#readAgain();
    this.#wakeUp();
  }

  async #readAgain(): Promise<void> {
    const kept = await this.#options.memory.read().catch(() => undefined);
    if (kept && (kept.version > this.#state.version || kept.order.kind !== this.#state.order.kind))
      this.#say('adopted', (atMs) => ({ kind: 'adopted', kept, atMs }));
  }

  #publish(): void {
    this.#served = { version: this.#state.version, hosts: admittedHosts(this.#state, this.#settings) };
    this.#news.emit('served');
    if (this.#state.appliedAtMs === undefined) this.#assumeApplied();
  }

  #assumeApplied(): void {
    const { version } = this.#state;
    const { assumeAppliedMs } = this.#options;
    if (assumeAppliedMs !== undefined) this.#timers.set('applied', assumeAppliedMs, () => this.applied(version));
  }

  #tell(entry: RampEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT_ENTRIES) this.#entries.shift();
    this.#options.onEntry?.(entry);
  }

  #now(): number {
    return this.#options.clock.nowEpochMs();
  }
}
