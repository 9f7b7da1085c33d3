import { setTimeout as sleep } from 'node:timers/promises';
import type { DiscoverySource } from '../../render/discovery/cluster-discovery.ts';
import type { Finding } from '../../render/finding.ts';
import type { JsonValue } from '../../render/json.ts';
import { endpointNameOf } from '../../render/references/find-references.ts';
import type { Resource } from '../../render/resource.ts';
import { canonicalJson, type Snapshot } from '../../render/snapshot.ts';
import { clusterLoadAssignment } from '../discovery/cluster-load-assignment.ts';
import type { DiscoveryReport } from '../discovery/combine/discovery-report.ts';
import { discoverCluster } from '../discovery/discover-cluster.ts';
import { discoveryFindings } from '../discovery/discovery-findings.ts';
import type { DiscoveryMemory } from '../discovery/discovery-memory.ts';
import { discoveryNews } from '../discovery/discovery-news.ts';
import type { HostSource } from '../discovery/host-source.ts';
import { rampSettingsOf } from '../ramp/cluster-settings.ts';
import { clustersWithHostsOf } from '../ramp/clusters-with-hosts.ts';
import type { HealthSource } from '../ramp/health-source.ts';
import type { RampClock } from '../ramp/ramp-clock.ts';
import { type ClusterRamp, rampCluster, type ServedHosts } from '../ramp/ramp-cluster.ts';
import { rampFinding, rampFindings } from '../ramp/ramp-findings.ts';
import type { WantedHosts } from '../ramp/ramp-input.ts';
import type { RampMemory } from '../ramp/ramp-memory.ts';
import type { RampPeers } from '../ramp/ramp-peers.ts';
import type { KeptRamp } from '../ramp/ramp-state.ts';
import type { RampView } from '../ramp/ramp-view.ts';
import type { Say } from './say.ts';

export type FoundClusterPorts = {
  /** `sourceOpener`, so that clusters which ask the same are told by one question. */
  readonly openSource: (source: DiscoverySource) => HostSource;
  readonly clock: RampClock;
  /** What sources gave last. */
  readonly answers: DiscoveryMemory;
  readonly memory: RampMemory;
  /** What Envoys have of it, where it was served otherwise until now. */
  readonly begin?: KeptRamp['admitted'] | undefined;
  readonly healthOf: (cluster: Resource) => readonly HealthSource[];
  readonly defaultPanicThresholdPercent: number;
  /** Other control planes that share `memory`; default: what they did is known from `memory` alone. */
  readonly peers?: RampPeers;
  /** What is to be served of it is another than before. */
  readonly onServed: () => void;
  /** What of its hosts people should look at is another than before. */
  readonly onFindings: () => void;
  /** What a person who runs it should read: one line each. */
  readonly say: Say;
};

/** An endpoint resource, and which step of the ramp it is. */
export type FoundAssignment = { readonly resource: Resource; readonly version: number };

/** Where the hosts of a cluster stand; `findings`: what of it people should look at. */
export type FoundView = {
  readonly ramp: RampView | undefined;
  readonly discovery: DiscoveryReport | undefined;
  readonly findings: readonly Finding[];
};

const RETRY_MS = 5_000;

/** The hosts of one cluster with `discovery:`, from its sources through its ramp to the endpoints that are served. */
export class FoundCluster implements AsyncDisposable {
  readonly #ports: FoundClusterPorts;
  readonly #ended = new AbortController();
  #snapshot: Snapshot;
  #cluster: Resource;
  #ramp: ClusterRamp | undefined;
  /** Why it is not known what was served last. */
  #unread: string | undefined;
  #wanted: WantedHosts | undefined;
  #report: DiscoveryReport | undefined;
  #findings: readonly Finding[] = [];
  #assignment: { readonly of: ServedHosts; readonly name: string; readonly found: FoundAssignment } | undefined;
  #sources = new AbortController();
  #discovering: Promise<void> = Promise.resolve();
  readonly #running: Promise<void>;
  readonly #restored = Promise.withResolvers<void>();

  constructor(snapshot: Snapshot, cluster: Resource, ports: FoundClusterPorts) {
    this.#snapshot = snapshot;
    this.#cluster = cluster;
    this.#ports = ports;
    this.#discover();
    this.#running = this.#runRamp();
  }

  /** The same cluster in what is served now: another rule asks anew, and what is served goes on until there is an answer. */
  update(snapshot: Snapshot, cluster: Resource): void {
    const isOther = textOf(cluster) !== textOf(this.#cluster);
    const shape = this.#shape();
    this.#snapshot = snapshot;
    this.#cluster = cluster;
    if (this.#shape() !== shape) this.#ramp?.configure(this.#settings(), this.#health());
    if (isOther) this.#discover();
  }

  /** Undefined until there is something to serve: Envoys are then told nothing, and keep what they have. */
  get assignment(): FoundAssignment | undefined {
    const served = this.#ramp?.served;
    if (!served) return undefined;
    const name = endpointNameOf(this.#cluster);
    if (this.#assignment?.of !== served || this.#assignment.name !== name) {
      const body = clusterLoadAssignment(name, served.hosts);
      const resource: Resource = { kind: 'endpoint', name, body, at: this.#cluster.at };
      this.#assignment = { of: served, name, found: { resource, version: served.version } };
    }
    return this.#assignment.found;
  }

  /** Resolves when what was served last was read, or could not be. */
  get restored(): Promise<void> {
    return this.#restored.promise;
  }

  applied(version: number): void {
    this.#ramp?.applied(version);
  }

  order(order: 'hold' | 'release' | 'hurry', by: string): boolean {
    this.#ramp?.order(order, by);
    return this.#ramp !== undefined;
  }

  /** Of its sources, and of its ramp as it stands. */
  get findings(): readonly Finding[] {
    const { name, at } = this.#cluster;
    const unread = this.#unread === undefined ? [] : [rampFinding('ramp-not-kept', this.#unread, name, at)];
    return [...this.#findings, ...unread, ...rampFindings(this.#ramp?.waiting ?? [], name, at)];
  }

  view(): FoundView {
    return { ramp: this.#ramp?.view(), discovery: this.#report, findings: this.#findings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#sources.abort();
    await Promise.all([this.#discovering, this.#running]);
  }

  #discover(): void {
    const { discovery } = this.#cluster;
    this.#sources.abort();
    const own = new AbortController();
    this.#sources = own;
    if (!discovery) return;
    const { openSource, clock, answers, say, onFindings } = this.#ports;
    const before = this.#discovering;
    const asking = discoverCluster(
      {
        discovery,
        sources: discovery.sources.map(openSource),
        nowEpochMs: clock.nowEpochMs,
        remembered: answers.remembered(discovery),
        onBelieved: (believed) => answers.remember(discovery, believed),
        onWanted: (wanted) => {
          if (own.signal.aborted) return;
          this.#wanted = wanted;
          this.#ramp?.want(wanted);
        },
        onReport: (report) => {
          if (own.signal.aborted) return;
          this.#report = report;
          const findings = discoveryFindings(report, this.#cluster.name, this.#cluster.at);
          const attributes = { 'meshgate.cluster': this.#cluster.name };
          for (const { line, severity } of discoveryNews(this.#findings, findings))
            say(`cluster ${this.#cluster.name}: ${line}`, { severity, attributes });
          const isOther = JSON.stringify(findings) !== JSON.stringify(this.#findings);
          this.#findings = findings;
          if (isOther) onFindings();
        },
      },
      own.signal,
    ).catch((error: unknown) =>
      say(`cluster ${this.#cluster.name}: its hosts are not looked for any more: ${String(error)}`),
    );
    this.#discovering = Promise.all([before, asking]).then(() => undefined);
  }

  async #runRamp(): Promise<void> {
    const { clock, memory, begin, peers, say, onServed, onFindings } = this.#ports;
    const { name } = this.#cluster;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const shape = this.#shape();
      try {
        await using ramp = await rampCluster({
          cluster: name,
          settings: this.#settings(),
          clock,
          memory,
          begin,
          health: this.#health(),
          ...(peers ? { peers } : {}),
          onEntry: ({ kind, text }) => {
            say(`cluster ${name}: ${text}`, { attributes: { 'meshgate.cluster': name, 'meshgate.ramp.event': kind } });
            if (kind === 'order') onFindings();
          },
        });
        this.#ramp = ramp;
        this.#unread = undefined;
        if (this.#shape() !== shape) ramp.configure(this.#settings(), this.#health());
        this.#restored.resolve();
        if (this.#wanted) ramp.want(this.#wanted);
        for await (const _ of ramp.follow(signal)) onServed();
        return;
      } catch (fault) {
        this.#restored.resolve();
        // To begin with nothing would take every host from the Envoys.
        const unread = `what was served last cannot be read: ${fault instanceof Error ? fault.message : String(fault)}`;
        if (unread !== this.#unread) {
          this.#unread = unread;
          say(`cluster ${name}: ${unread}`, { severity: 'warn' });
          onFindings();
        }
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Who can say something of the hosts, in any of the clusters that have them. */
  #health(): readonly HealthSource[] {
    return clustersWithHostsOf(this.#snapshot, this.#cluster).flatMap(this.#ports.healthOf);
  }

  /** What Envoys make of the hosts: when it changes, what was seen of them is of a cluster that is no more. */
  #shape(): string {
    const bodies = clustersWithHostsOf(this.#snapshot, this.#cluster).map(({ body }) => body);
    return `${this.#settings().rule.thresholdPercent} ${canonicalJson(bodies)}`;
  }

  #settings() {
    const { defaultPanicThresholdPercent } = this.#ports;
    return rampSettingsOf(this.#snapshot, this.#cluster, { defaultPanicThresholdPercent });
  }
}

const textOf = ({ discovery }: Resource): string => canonicalJson((discovery ?? null) as unknown as JsonValue);
