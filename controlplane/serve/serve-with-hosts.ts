import type { Finding } from '../../render/finding.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { GeneratedServices, type GeneratorPorts, type GeneratorView } from '../generators/generated-services.ts';
import type { FleetHealth } from '../ramp/fleet-health.ts';
import type { HealthSource } from '../ramp/health-source.ts';
import { probeSpecOf } from '../ramp/probe.ts';
import { probeHealth } from '../ramp/probe-health.ts';
import type { RampClock } from '../ramp/ramp-clock.ts';
import { statNameOf } from '../ramp/stat-name.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import type { GroupHandle } from '../xds/control-plane.ts';
import { LiveHosts, type LiveHostsPorts, type ServedVersions } from './live-hosts.ts';
import type { Say } from './say.ts';

/** How the hosts of a stage's clusters are found and ramped. */
export type StageHosts = Pick<
  LiveHostsPorts,
  'openSource' | 'answers' | 'clock' | 'memoryOf' | 'sweepMemory' | 'peers' | 'defaultPanicThresholdPercent'
> & {
  /** Whether this control plane reaches the hosts, and asks them for their health itself. */
  readonly probes: boolean;
  /** How the services of generators are found; without it what they would make is not served. */
  readonly generators?: GeneratorPorts;
};

export type ServeWithHostsEvents = {
  /** `snapshot` has what is generated; it is the same object until something else is promoted or generated. */
  readonly onServed: (snapshot: Snapshot) => void;
  /** `findings()` are others than before; how sources of generators stand is not told. */
  readonly onFindings: () => void;
  readonly say: Say;
};

/** How long to wait for the fleet before it is looked whether there is one. */
const LOOK_EVERY_MS = 2_000;

/**
 * How long the first answer waits for what was served last of each cluster: Envoys that come back before it is known would be sent all
 * endpoints anew. A memory that hangs does not keep the rest from being served.
 */
const RESTORED_WITHIN_MS = 5_000;

/** A look at who is connected costs with the size of the fleet. */
const COUNT_EVERY_MS = 500;

/** Serves a group what is promoted with the hosts of now, and tells the ramps which of their steps every Envoy has taken. */
export class ServeWithHosts implements AsyncDisposable {
  readonly hosts: LiveHosts;
  readonly #generated: GeneratedServices | undefined;
  readonly #say: Say;
  readonly #group: GroupHandle;
  readonly #onServed: ServeWithHostsEvents['onServed'];
  /** What was promoted, with what is generated. */
  #now: { readonly snapshot: Snapshot; readonly served: ServedSnapshot } | undefined;
  #served: ServedSnapshot | undefined;
  #restoring: 'not-yet' | 'waiting' | 'done' = 'not-yet';
  #earlier: readonly ServedSnapshot[] = [];
  readonly #seen: FleetHealth;
  readonly #nowEpochMs: () => number;
  #counting: NodeJS.Timeout | undefined;
  #heardSince = false;
  #ended = false;

  constructor(
    group: GroupHandle,
    { probes, generators, ...ports }: StageHosts,
    seen: FleetHealth,
    { onServed, onFindings, say }: ServeWithHostsEvents,
  ) {
    this.#group = group;
    this.#seen = seen;
    this.#nowEpochMs = ports.clock.nowEpochMs;
    this.#onServed = onServed;
    this.hosts = new LiveHosts({
      ...ports,
      isWhole: () => this.#generated?.isWhole ?? !this.#now?.snapshot.generators?.length,
      healthOf: (cluster) => healthSources(cluster, seen, probes ? ports.clock : undefined),
      onChange: () => this.#serve(),
      onFindings,
      say,
    });
    const { nowEpochMs } = ports.clock;
    const onGenerated = (served: ServedSnapshot, snapshot: Snapshot): void => {
      this.#follow(served, snapshot);
      if (snapshot.generators) onFindings();
    };
    this.#generated = generators && new GeneratedServices({ ...generators, nowEpochMs, say, onServed: onGenerated });
    this.#say = say;
  }

  promote(served: ServedSnapshot, snapshot: Snapshot): void {
    if (this.#generated) {
      this.#generated.promote(served, snapshot);
      return;
    }
    if (snapshot.generators) this.#say('this control plane was not told how to find the services of generators');
    this.#follow(served, snapshot);
  }

  /** What was promoted before: Envoys that come back hold it with the hosts that were served last. */
  remember(earlier: readonly ServedSnapshot[]): void {
    this.#earlier = earlier;
  }

  /** With the hosts of now. */
  servedNow(): { readonly snapshot: Snapshot; readonly served: ServedSnapshot } | undefined {
    return this.#now && { ...this.#now, served: this.hosts.overlay(this.#now.served).served };
  }

  generators(): readonly GeneratorView[] {
    return this.#generated?.views() ?? [];
  }

  /** What of generators and of hosts people should look at. */
  findings(): readonly Finding[] {
    return [...(this.#generated?.findings() ?? []), ...this.hosts.findings()];
  }

  /** Something was said by an Envoy, or it came or went: the ramps wait for those that came and have not said what they see. */
  heard(): void {
    this.#heardSince = true;
    if (this.#counting || this.#ended) return;
    this.#count();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#counting);
    await this.#generated?.[Symbol.asyncDispose]();
    await this.hosts[Symbol.asyncDispose]();
  }

  #count(): void {
    this.#heardSince = false;
    const connected = new Set(this.#group.readings().map(({ node }) => node.id));
    this.#seen.nowConnected(connected, this.#nowEpochMs());
    this.#counting = setTimeout(() => {
      this.#counting = undefined;
      if (this.#heardSince) this.#count();
    }, COUNT_EVERY_MS).unref();
  }

  #follow(served: ServedSnapshot, snapshot: Snapshot): void {
    this.#now = { served, snapshot };
    this.hosts.follow(snapshot);
    if (this.#restoring === 'not-yet') void this.#restore();
    this.#serve();
  }

  async #restore(): Promise<void> {
    this.#restoring = 'waiting';
    await this.hosts.restored(RESTORED_WITHIN_MS);
    this.#restoring = 'done';
    this.#group.remember(this.#earlier.map((served) => this.hosts.overlay(served).served));
    this.#earlier = [];
    this.#serve();
  }

  #serve(): void {
    if (!this.#now || this.#ended || this.#restoring !== 'done') return;
    const { snapshot } = this.#now;
    const { served, versions } = this.hosts.overlay(this.#now.served);
    this.#served = served;
    this.#group.setSnapshot(served);
    this.#onServed(snapshot);
    if (versions.size > 0) void this.#tellApplied(served, versions);
  }

  async #tellApplied(served: ServedSnapshot, versions: ServedVersions): Promise<void> {
    const isCurrent = (): boolean => this.#served === served && !this.#ended;
    while (isCurrent()) {
      const applied = await this.#group.awaitApplied(LOOK_EVERY_MS);
      const isTaken = applied.kind === 'acked' || this.#group.readings().length === 0;
      if (isTaken && isCurrent()) return this.hosts.applied(versions);
      // What was refused is not taken by waiting; the next snapshot is.
      if (applied.kind === 'nacked') return;
    }
  }
}

/** The fleet's own checks, by the name that Envoys' statistics have for the cluster; probes where they are wanted and can ask as Envoy does. */
function healthSources(cluster: Resource, seen: FleetHealth, clock: RampClock | undefined): readonly HealthSource[] {
  const spec = clock && probeSpecOf(cluster.body);
  const fleet = seen.source(statNameOf(cluster));
  return spec && clock ? [fleet, probeHealth({ spec, clock })] : [fleet];
}
