import type { Finding } from '../../render/finding.ts';
import { type Resource, typeUrlOf } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { servedResource } from '../encode-served.ts';
import type { RampMemory } from '../ramp/ramp-memory.ts';
import type { KeptRamp } from '../ramp/ramp-state.ts';
import { named } from '../ramp/ramp-words.ts';
import { writtenHosts } from '../ramp/written-hosts.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { FoundCluster, type FoundClusterPorts, type FoundView } from './found-cluster.ts';

export type LiveHostsPorts = Omit<FoundClusterPorts, 'memory' | 'onServed'> & {
  readonly memoryOf: (cluster: string) => RampMemory;
  /**
   * Removes what is kept of clusters that are not `used`, and were used by nobody since `goneBeforeEpochMs`; gives their names. Default: it
   * stays.
   */
  readonly sweepMemory?: (used: ReadonlySet<string>, goneBeforeEpochMs: number) => Promise<readonly string[]>;
  /** False: clusters that are not followed may be left out for a while only. */
  readonly isWhole: () => boolean;
  /** What `overlay` gives is another than before; several changes of one turn are told once. */
  readonly onChange: () => void;
};

/** What a step of each ramp is told when every Envoy has taken it. */
export type ServedVersions = ReadonlyMap<string, number>;

/** What is kept of a cluster that is not there any more, for when it comes back: Envoys that were away may hold its hosts. */
const GONE_KEPT_MS = 60 * 60_000;
const SWEEP_EVERY_MS = 10 * 60_000;

const ENDPOINTS = typeUrlOf('endpoint');

/** The hosts of all clusters of a stage that have `discovery:`. */
export class LiveHosts implements AsyncDisposable {
  readonly #ports: LiveHostsPorts;
  readonly #clusters = new Map<string, FoundCluster>();
  readonly #ending = new Set<Promise<void>>();
  /** What was followed last: a cluster whose hosts are discovered from now on has those that stand there. */
  #before: Snapshot | undefined;
  /** Clusters that were followed, and until when. */
  readonly #leftEpochMs = new Map<string, number>();
  #turn: NodeJS.Immediate | undefined;
  /** Since when what is not followed is gone. */
  #wholeSinceEpochMs: number | undefined;
  #cancelSweep: () => void = () => {};
  #sweeping: Promise<void> = Promise.resolve();
  /** It is known what is promoted: before, there is no cluster that is not. */
  #isFollowing = false;
  #ended = false;

  constructor(ports: LiveHostsPorts) {
    this.#ports = ports;
    if (ports.sweepMemory) this.#sweepLater();
  }

  /** Follows the clusters of `snapshot` from now on, and no others. */
  follow(snapshot: Snapshot): void {
    this.#isFollowing = true;
    const wanted = resourcesOf(snapshot, 'cluster').filter(({ discovery }) => discovery);
    this.#ports.answers.keepOnly(
      wanted.flatMap(({ discovery }) => discovery ?? []),
      this.#isWhole(),
    );
    const names = new Set(wanted.map(({ name }) => name));
    const before = this.#before;
    this.#before = snapshot;
    for (const [name, cluster] of this.#clusters) if (!names.has(name)) this.#end(name, cluster);
    for (const resource of wanted) {
      const known = this.#clusters.get(resource.name);
      if (known) known.update(snapshot, resource);
      else
        this.#clusters.set(
          resource.name,
          this.#start(snapshot, resource, before && writtenHosts(before, resource.name)),
        );
    }
  }

  /** `served` with the hosts that are to be served now. Of a cluster that nothing is known of there is nothing. */
  overlay(served: ServedSnapshot): { readonly served: ServedSnapshot; readonly versions: ServedVersions } {
    const found = [...this.#clusters].flatMap(([name, cluster]) => {
      const { assignment } = cluster;
      return assignment ? [{ name, ...assignment }] : [];
    });
    if (found.length === 0) return { served, versions: new Map() };
    const resources = new Map(served.resources);
    const own = found.map(({ resource }) => servedResource(resource));
    resources.set(ENDPOINTS, [...(served.resources.get(ENDPOINTS) ?? []), ...own]);
    return {
      served: { digest: served.digest, resources },
      versions: new Map(found.map(({ name, version }) => [name, version])),
    };
  }

  /** Resolves when it was read, or could not be, what was served last of every cluster that is followed now; after `withinMs` at the latest. */
  async restored(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([Promise.all([...this.#clusters.values()].map((cluster) => cluster.restored)), over]);
    clearTimeout(timer);
  }

  applied(versions: ServedVersions): void {
    for (const [name, version] of versions) this.#clusters.get(name)?.applied(version);
  }

  /** False: there is no such cluster, or what it serves is not known yet. */
  order(cluster: string, order: 'hold' | 'release' | 'hurry', by: string): boolean {
    return this.#clusters.get(cluster)?.order(order, by) ?? false;
  }

  /** By cluster. */
  views(): ReadonlyMap<string, FoundView> {
    return new Map([...this.#clusters].map(([name, cluster]) => [name, cluster.view()]));
  }

  /** What of the hosts of all clusters people should look at. */
  findings(): readonly Finding[] {
    return [...this.#clusters.values()].flatMap((cluster) => cluster.findings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearImmediate(this.#turn);
    this.#ended = true;
    this.#cancelSweep();
    await this.#sweeping;
    for (const [name, cluster] of this.#clusters) this.#end(name, cluster);
    await Promise.all(this.#ending);
  }

  #isWhole(): boolean {
    const isWhole = this.#isFollowing && this.#ports.isWhole();
    if (!isWhole) this.#wholeSinceEpochMs = undefined;
    else this.#wholeSinceEpochMs ??= this.#ports.clock.nowEpochMs();
    return isWhole;
  }

  #sweepLater(): void {
    if (this.#ended) return;
    this.#cancelSweep = this.#ports.clock.after(SWEEP_EVERY_MS, () => {
      this.#sweeping = this.#sweep().finally(() => this.#sweepLater());
    });
  }

  async #sweep(): Promise<void> {
    const { sweepMemory, clock, say } = this.#ports;
    const goneBeforeEpochMs = clock.nowEpochMs() - GONE_KEPT_MS;
    const isSure = this.#isWhole() && (this.#wholeSinceEpochMs ?? Number.POSITIVE_INFINITY) <= goneBeforeEpochMs;
    for (const [name, atEpochMs] of this.#leftEpochMs)
      if (atEpochMs <= goneBeforeEpochMs || this.#clusters.has(name)) this.#leftEpochMs.delete(name);
    try {
      // Not sure, it marks what is in use and removes nothing.
      const used = new Set([...this.#clusters.keys(), ...this.#leftEpochMs.keys()]);
      const gone = await sweepMemory?.(used, isSure ? goneBeforeEpochMs : 0);
      if (gone && gone.length > 0) say(`what was served last is forgotten of clusters that are gone: ${named(gone)}`);
    } catch (fault) {
      say(
        `what is kept of clusters that are gone cannot be removed: ${fault instanceof Error ? fault.message : fault}`,
      );
    }
  }

  #start(snapshot: Snapshot, cluster: Resource, begin: KeptRamp['admitted'] | undefined): FoundCluster {
    const { memoryOf, onChange, sweepMemory: _sweep, isWhole: _isWhole, ...ports } = this.#ports;
    const onServed = (): void => {
      this.#turn ??= setImmediate(() => {
        this.#turn = undefined;
        onChange();
      });
    };
    return new FoundCluster(snapshot, cluster, { ...ports, memory: memoryOf(cluster.name), begin, onServed });
  }

  #end(name: string, cluster: FoundCluster): void {
    this.#clusters.delete(name);
    this.#leftEpochMs.set(name, this.#ports.clock.nowEpochMs());
    const ending = cluster[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
