import { type DiscoveredHost, hostKey } from '../../../controlplane/discovery/discovered-host.ts';
import { FleetHealth } from '../../../controlplane/ramp/fleet-health.ts';
import { nextRamp, type RampEvent, type Ramped } from '../../../controlplane/ramp/next-ramp.ts';
import type { SeenHealth, WantedHosts } from '../../../controlplane/ramp/ramp-input.ts';
import type { RampSettings } from '../../../controlplane/ramp/ramp-settings.ts';
import {
  type AdmittedHost,
  emptyRamp,
  keptOf,
  type RampState,
  restoredRamp,
} from '../../../controlplane/ramp/ramp-state.ts';
import type { RampEntry } from '../../../controlplane/ramp/ramp-words.ts';
import { type ModelEndpoint, ModelEnvoy } from './envoy-model.ts';

export type World = {
  readonly settings: RampSettings;
  readonly envoys: number;
  /** Whether Envoys stream metrics, and whether the control plane asks the hosts itself. */
  readonly metrics: boolean;
  readonly probes: boolean;
};

export type PlanHost = {
  readonly n: number;
  readonly priority: number;
  readonly zone: string;
  readonly source: DiscoveredHost['health'];
  readonly metadata?: DiscoveredHost['metadata'];
};

const addressOf = (n: number): string => `10.0.${n >> 8}.${n & 255}`;

/** A cluster with its Envoys, in which time is given by hand. Throws as soon as a change that the ramp made may cause panic mode. */
export class RampWorld {
  readonly world: World;
  readonly envoys: ModelEnvoy[];
  /** Hosts that fail their checks. */
  readonly sick = new Set<string>();
  /** Hosts that one Envoy cannot reach. */
  readonly blind = new Map<ModelEnvoy, Set<string>>();
  readonly log: RampEntry[] = [];
  atMs = 1_000_000;
  state: RampState;
  last: Ramped;
  /** Envoys that take nothing for now, and since when. */
  readonly away = new Map<ModelEnvoy, number>();
  #fleet = new FleetHealth();
  #streams = new Map<ModelEnvoy, ReturnType<FleetHealth['join']>>();
  #leave = new Map<ModelEnvoy, (atMs: number) => void>();
  #named = 100;
  steps = 0;

  constructor(world: World) {
    this.world = world;
    this.envoys = Array.from({ length: world.envoys }, (_, n) => new ModelEnvoy(`envoy-${n}`, world.settings.rule));
    this.state = emptyRamp(this.atMs);
    this.last = { state: this.state, changed: false, log: [], waiting: [], wakeAtMs: undefined };
    for (const envoy of this.envoys) this.#connect(envoy);
  }

  want(hosts: readonly PlanHost[]): void {
    const wanted = Map.groupBy(
      hosts.map((host): [number, DiscoveredHost] => [
        host.priority,
        {
          address: addressOf(host.n),
          port: 80,
          health: host.source,
          weight: 1,
          locality: { region: '', zone: host.zone, subZone: '' },
          metadata: host.metadata ?? {},
        },
      ]),
      ([priority]) => priority,
    );
    const byPriority: WantedHosts = new Map([...wanted].map(([priority, list]) => [priority, list.map(([, h]) => h)]));
    this.probe();
    this.send({ kind: 'wanted', hosts: byPriority, atMs: this.atMs });
    this.probe();
  }

  static keyOf = (n: number): string => `${addressOf(n)}:80`;

  send(event: RampEvent): void {
    this.last = nextRamp(this.state, event, this.world.settings);
    this.log.push(...this.last.log);
    for (const [id, { host }] of this.last.state.admitted) {
      if (this.state.admitted.has(id)) continue;
      const seen = this.state.evidence.hosts.get(hostKey(host));
      const source = this.last.state.wanted?.get(id)?.host.health;
      if (source === 'maintenance' || source === 'unhealthy' || (seen === 'unhealthy' && event.kind !== 'evidence'))
        throw new Error(`${id} entered, which is ${source} at its source and seen ${seen}`);
    }
    if (this.last.state.version !== this.state.version) this.steps++;
    this.state = this.last.state;
  }

  /** The clock goes on, in pieces no longer than Envoys' flush interval. */
  pass(ms: number): void {
    for (let left = ms; left > 5_000; left -= 5_000) this.#passShort(5_000);
    this.#passShort(ms % 5_000 || Math.min(ms, 5_000));
  }

  /**
   * Envoys take what is served (those that are not away), check it, and say what they see. Nobody is away for long: that an Envoy which
   * was left behind may be taken by surprise is what the log says then.
   */
  #passShort(ms: number): void {
    const { lagMs } = this.world.settings;
    for (const [envoy, sinceMs] of this.away) if (this.atMs + ms >= sinceMs + lagMs) this.away.delete(envoy);
    for (const envoy of this.envoys) {
      if (this.away.has(envoy)) continue;
      if (!this.#leave.has(envoy)) this.#connect(envoy);
      this.deliver(envoy);
    }
    for (const envoy of this.envoys) envoy.check((id) => this.isHealthy(envoy, id));
    this.atMs += ms;
    if (this.state.appliedAtMs === undefined) this.probe();
    const connected = this.envoys.filter((envoy) => this.#leave.has(envoy));
    if (this.state.appliedAtMs === undefined && connected.every(({ version }) => version === this.state.version))
      this.send({ kind: 'applied', version: this.state.version, atMs: this.atMs });
    this.report();
    this.send({ kind: 'tick', atMs: this.atMs });
  }

  /** One Envoy takes what is served: the moment that must not cause panic. */
  deliver(envoy: ModelEnvoy): void {
    if (envoy.version === this.state.version) return;
    const before = envoy.hosts;
    const subsetOf = ({ host }: AdmittedHost): string => this.world.settings.groupsOf(host)[0] ?? '';
    const served = [...this.state.admitted].map(([id, one]): [string, ModelEndpoint] => [
      id,
      { priority: one.priority, subset: subsetOf(one) },
    ]);
    const parts = [undefined, ...new Set(served.map(([, { subset }]) => subset || undefined))];
    const panicked = new Set(parts.filter((subset) => envoy.mayPanic(subset)));
    const empty = new Set(parts.filter((subset) => ![...before.values()].some((host) => host.subset === subset)));
    envoy.take(this.state.version, new Map(served));
    // One that is warming is not used before each host was checked: `pass` judges it then.
    if (envoy.warming) return;
    // Into a subset that had no hosts anything may come: nobody was answered there before.
    const broken = parts.filter(
      (subset) => !panicked.has(subset) && !(subset !== undefined && empty.has(subset)) && envoy.mayPanic(subset),
    );
    if (broken.length === 0) return;
    const told = [...envoy.hosts].map(([id, { available, checked }]) => `${id} ${checked ? available : 'new'}`);
    throw new Error(
      `${envoy.name} may panic${broken.map((subset) => (subset ? ` in ${subset}` : '')).join()}: ${[...before.keys()]} → ${told.join(', ')}\n${this.log.map(({ text }) => text).join('\n')}`,
    );
  }

  isHealthy(envoy: ModelEnvoy | undefined, id: string): boolean {
    const key = id.slice(id.lastIndexOf(' ') + 1);
    return !this.sick.has(key) && !(envoy && this.blind.get(envoy)?.has(key));
  }

  report(): void {
    for (const [envoy, stream] of this.#streams) {
      const available = envoy.warming ? 0 : [...envoy.hosts.values()].filter((host) => host.available).length;
      stream.take(new Map([['app', { available, total: envoy.hosts.size }]]), this.atMs);
    }
    this.probe();
  }

  probe(): void {
    const keys = [
      ...[...this.state.admitted.values()].map(({ host }) => hostKey(host)),
      ...[...(this.state.wanted?.values() ?? [])].map(({ host }) => hostKey(host)),
    ];
    const hosts = new Map<string, SeenHealth>(
      this.world.probes ? keys.map((key) => [key, this.sick.has(key) ? 'unhealthy' : 'healthy']) : [],
    );
    const fleet = this.#fleet.view('app', this.state.admitted.size, this.atMs);
    this.send({ kind: 'evidence', evidence: { hosts, fleet }, atMs: this.atMs });
  }

  restartEnvoy(envoy: ModelEnvoy): void {
    this.#goes(envoy);
    envoy.restart();
    this.#connect(envoy);
  }

  /** Another one in its place, of another id: where it ran, it does not any more. */
  replaceEnvoy(envoy: ModelEnvoy): void {
    this.#goes(envoy);
    const at = this.envoys.indexOf(envoy);
    const next = new ModelEnvoy(`envoy-${this.#named++}`, this.world.settings.rule);
    this.envoys[at] = next;
    this.away.delete(envoy);
    this.blind.delete(envoy);
    this.#connect(next);
  }

  /** Its connection breaks, and it comes back with what it had: within 15 s, for so long it is waited for. */
  cutOff(envoy: ModelEnvoy): void {
    if (this.away.has(envoy)) return;
    this.#goes(envoy);
    this.away.set(envoy, this.atMs + 14_000 - this.world.settings.lagMs);
  }

  #goes(envoy: ModelEnvoy): void {
    this.#streams.get(envoy)?.close();
    this.#streams.delete(envoy);
    this.#leave.get(envoy)?.(this.atMs);
    this.#leave.delete(envoy);
  }

  /** A new control plane knows what was served, and nothing else; Envoys that are away come back later, with what they had. */
  restartControlPlane(): void {
    const { wanted } = this.state;
    const version = this.state.version;
    const { lagMs } = this.world.settings;
    this.state = restoredRamp(JSON.parse(JSON.stringify(keptOf(this.state))), this.atMs, lagMs);
    if (this.state.version !== version) throw new Error('another version');
    this.#fleet = new FleetHealth();
    this.#streams.clear();
    this.#leave.clear();
    // What one Envoy alone sees nobody knows before it has come: that is not the ramp's doing.
    for (const envoy of this.blind.keys()) this.away.delete(envoy);
    for (const [envoy] of this.away) this.away.set(envoy, this.atMs);
    for (const envoy of this.envoys) if (!this.away.has(envoy)) this.#connect(envoy);
    const hosts = Map.groupBy([...(wanted?.values() ?? [])], ({ priority }) => priority);
    this.send({
      kind: 'wanted',
      hosts: new Map([...hosts].map(([priority, list]) => [priority, list.map(({ host }) => host)])),
      atMs: this.atMs,
    });
  }

  #connect(envoy: ModelEnvoy): void {
    this.#leave.set(envoy, this.#fleet.connected(envoy.name, this.atMs));
    if (this.world.metrics) this.#streams.set(envoy, this.#fleet.join(envoy.name));
  }
}
