import type { Finding } from '../../render/finding.ts';
import type { Generator, KnownService, ServiceSource } from '../../render/generators/generator.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { resourceLabel } from '../../render/resource.ts';
import { canonicalJson, type Snapshot } from '../../render/snapshot.ts';
import { servedSnapshot } from '../encode-served.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { FollowedServices, type ServicesReport } from './followed-services.ts';
import { type Generated, InstanceMaker, type JudgeSnapshot, type WantedServices } from './generate.ts';
import { generatorFindings, LONGEST_SHOWN } from './generator-findings.ts';
import { generatorNews } from './generator-news.ts';
import type { ServiceList } from './service-list.ts';
import type { ServiceMemory } from './service-memory.ts';

export type GeneratorPorts = {
  readonly openServices: (source: ServiceSource) => ServiceList;
  readonly memory: ServiceMemory;
  /** The guards of a promotion. */
  readonly judge: JudgeSnapshot;
  /** The Envoy versions of the stage. */
  readonly envoys: readonly EnvoyVersion[];
};

export type GeneratedServicesPorts = GeneratorPorts & {
  readonly nowEpochMs: () => number;
  /** What is to be served now: what was promoted, with what is generated. */
  readonly onServed: (served: ServedSnapshot, snapshot: Snapshot) => void;
  /** What a person who runs it should read: one line each. */
  readonly say: (line: string) => void;
};

/** Where one generator stands, for people and for metrics. Plain JSON. */
export type GeneratorView = {
  readonly generator: string;
  readonly at: string;
  readonly source: ServicesReport;
  readonly services: readonly { readonly service: string; readonly resources: readonly string[] }[];
  readonly leftOut: readonly { readonly service: string; readonly findings: readonly Finding[] }[];
};

/** How long the first answers of sources are waited for: to serve without them would take generated routes from Envoys that have them. */
const FIRST_ANSWERS_MS = 15_000;
/** Services that come together are instantiated together. */
const SETTLE_MS = 100;

/** What is promoted, with the services that its generators find. Without generators it hands everything on at once. */
export class GeneratedServices implements AsyncDisposable {
  readonly #ports: GeneratedServicesPorts;
  readonly #maker: InstanceMaker;
  #followed = new Map<string, FollowedServices>();
  #promoted: { readonly served: ServedSnapshot; readonly snapshot: Snapshot } | undefined;
  #generated: Generated | undefined;
  /** Those that were waited for in vain, and are not waited for again. */
  readonly #silent = new WeakSet<FollowedServices>();
  #waiting: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  readonly #ending = new Set<Promise<void>>();

  constructor(ports: GeneratedServicesPorts) {
    this.#ports = ports;
    this.#maker = new InstanceMaker(ports);
  }

  promote(served: ServedSnapshot, snapshot: Snapshot): void {
    this.#promoted = { served, snapshot };
    const { generators = [] } = snapshot;
    this.#follow(generators);
    clearTimeout(this.#waiting);
    // What was about to be served is served with this, and waits with it.
    clearTimeout(this.#settling);
    this.#settling = undefined;
    if (this.#isReady()) this.#serve();
    else this.#waitFirst();
  }

  #waitFirst(): void {
    this.#waiting = setTimeout(() => {
      const silent = [...this.#followed.values()].filter(({ services }) => !services);
      for (const one of silent) this.#silent.add(one);
      const names = silent.map(({ name }) => name).join(', ');
      this.#ports.say(`${names}: no answer yet; what is promoted is served without their services`);
      this.#serve();
    }, FIRST_ANSWERS_MS);
  }

  /**
   * Whatever is not served is gone: no source is waited for, fails, or gives few services of a sudden. What a template would make of a service
   * that is just not known now is else left out for a while only.
   */
  get isWhole(): boolean {
    return [...this.#followed.values()].every((one) => one.report().state === 'current');
  }

  /** By name. */
  views(): readonly GeneratorView[] {
    return [...this.#followed.values()].map((followed) => {
      const { generator } = followed;
      const isOwn = (one: { readonly generator: string }): boolean => one.generator === generator.name;
      const { file, line, column } = generator.at;
      return {
        generator: generator.name,
        at: `${file}:${line}:${column}`,
        source: followed.report(),
        services: (this.#generated?.instances ?? []).filter(isOwn).map(({ service, resources, virtualHosts }) => ({
          service,
          resources: [
            ...resources.map(resourceLabel),
            ...virtualHosts.map(({ into, body }) => `virtual host ${String(body.name)} of route ${into}`),
          ],
        })),
        leftOut: (this.#generated?.leftOut ?? [])
          .filter(isOwn)
          .map(({ service, findings }) => ({ service: service.slice(0, LONGEST_SHOWN), findings })),
      };
    });
  }

  /** What of all generators people should look at. */
  findings(): readonly Finding[] {
    return [...this.#followed.values()].flatMap((followed) => {
      const { generator } = followed;
      const leftOut = (this.#generated?.leftOut ?? []).filter((one) => one.generator === generator.name);
      return generatorFindings(generator, followed.report(), leftOut);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#waiting);
    clearTimeout(this.#settling);
    this.#promoted = undefined;
    this.#follow([]);
    await Promise.all(this.#ending);
  }

  #follow(generators: readonly Generator[]): void {
    const next = new Map<string, FollowedServices>();
    for (const generator of generators) {
      const key = canonicalJson([generator.name, generator.source as unknown as Record<string, string>]);
      const known = this.#followed.get(key);
      known?.configure(generator);
      next.set(key, known ?? this.#start(generator));
    }
    for (const [key, followed] of this.#followed) {
      if (next.has(key)) continue;
      const ending = followed[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
    this.#followed = next;
    if (this.#promoted) this.#ports.memory.keepOnly(generators);
  }

  #start(generator: Generator): FollowedServices {
    const { openServices, memory, nowEpochMs, say } = this.#ports;
    return new FollowedServices(generator, {
      list: openServices(generator.source),
      memory,
      nowEpochMs,
      say,
      onChange: () => this.#changed(),
    });
  }

  #isReady(): boolean {
    return [...this.#followed.values()].every((one) => one.services ?? this.#silent.has(one));
  }

  #changed(): void {
    if (!this.#promoted || !this.#isReady()) return;
    this.#settling ??= setTimeout(() => this.#serve(), SETTLE_MS);
  }

  #serve(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    clearTimeout(this.#waiting);
    if (!this.#promoted) return;
    const { served, snapshot } = this.#promoted;
    const followed = [...this.#followed.values()];
    const before = this.#generated;
    this.#generated = undefined;
    if (followed.length === 0) this.#ports.onServed(served, snapshot);
    else this.#generate(served, snapshot, followed, before);
  }

  #generate(
    served: ServedSnapshot,
    snapshot: Snapshot,
    followed: readonly FollowedServices[],
    before: Generated | undefined,
  ): void {
    const { say, onServed } = this.#ports;
    const wanted = followed.map((one) => ({ generator: one.generator, ...inOrder(one, before) }));
    let generated: Generated;
    try {
      generated = this.#maker.generate(snapshot, wanted);
    } catch (fault) {
      // A fault of Meshgate's own must not take what is promoted with it.
      say(`what generators find cannot be judged: ${fault instanceof Error ? fault.message : String(fault)}`);
      this.#generated = before;
      if (!before || before.base !== snapshot) onServed(served, snapshot);
      return;
    }
    this.#generated = generated;
    for (const line of generatorNews(before, generated)) say(line);
    for (const one of followed) one.keep(inOrder(one, generated));
    onServed(servedSnapshot(snapshot.digest, generated.snapshot.resources), generated.snapshot);
  }
}

/** Those that are served first, as they came: who appears takes no name from who is there. */
function inOrder(
  { generator, services = [], servedBefore }: FollowedServices,
  generated: Generated | undefined,
): Omit<WantedServices, 'generator'> {
  const served = generated
    ? generated.instances.filter((one) => one.generator === generator.name).map(({ service }) => service)
    : servedBefore;
  const place = new Map(served.map((service, index) => [service, index]));
  const placeOf = (service: KnownService): number => place.get(service.name) ?? served.length;
  return {
    services: services.toSorted((a, b) => placeOf(a) - placeOf(b)),
    served: services.filter(({ name }) => place.has(name)).length,
  };
}
