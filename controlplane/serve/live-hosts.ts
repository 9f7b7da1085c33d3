import type { Finding } from '../../render/finding.ts';
import { type Resource, typeUrlOf } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { servedResource } from '../encode-served.ts';
import type { RampMemory } from '../ramp/ramp-memory.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { FoundCluster, type FoundClusterPorts, type FoundView } from './found-cluster.ts';

export type LiveHostsPorts = Omit<FoundClusterPorts, 'memory' | 'onServed'> & {
  readonly memoryOf: (cluster: string) => RampMemory;
  /** What `overlay` gives is another than before; several changes of one turn are told once. */
  readonly onChange: () => void;
};

/** What a step of each ramp is told when every Envoy has taken it. */
export type ServedVersions = ReadonlyMap<string, number>;

const ENDPOINTS = typeUrlOf('endpoint');

/** The hosts of all clusters of a stage that have `discovery:`. */
export class LiveHosts implements AsyncDisposable {
  readonly #ports: LiveHostsPorts;
  readonly #clusters = new Map<string, FoundCluster>();
  readonly #ending = new Set<Promise<void>>();
  #turn: NodeJS.Immediate | undefined;

  constructor(ports: LiveHostsPorts) {
    this.#ports = ports;
  }

  /** Follows the clusters of `snapshot` from now on, and no others. */
  follow(snapshot: Snapshot): void {
    const wanted = resourcesOf(snapshot, 'cluster').filter(({ discovery }) => discovery);
    this.#ports.answers.keepOnly(wanted.flatMap(({ discovery }) => discovery ?? []));
    const names = new Set(wanted.map(({ name }) => name));
    for (const [name, cluster] of this.#clusters) if (!names.has(name)) this.#end(name, cluster);
    for (const resource of wanted) {
      const known = this.#clusters.get(resource.name);
      if (known) known.update(snapshot, resource);
      else this.#clusters.set(resource.name, this.#start(snapshot, resource));
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
    for (const [name, cluster] of this.#clusters) this.#end(name, cluster);
    await Promise.all(this.#ending);
  }

  #start(snapshot: Snapshot, cluster: Resource): FoundCluster {
    const { memoryOf, onChange, ...ports } = this.#ports;
    const onServed = (): void => {
      this.#turn ??= setImmediate(() => {
        this.#turn = undefined;
        onChange();
      });
    };
    return new FoundCluster(snapshot, cluster, { ...ports, memory: memoryOf(cluster.name), onServed });
  }

  #end(name: string, cluster: FoundCluster): void {
    this.#clusters.delete(name);
    const ending = cluster[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
