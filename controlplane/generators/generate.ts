import { type Finding, hasErrors } from '../../render/finding.ts';
import type { Generator, KnownService } from '../../render/generators/generator.ts';
import { type Instance, instanceOf } from '../../render/generators/instance.ts';
import { generatorFinding } from '../../render/generators/rules.ts';
import { withInstances } from '../../render/generators/with-instances.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { canonicalJson, type Snapshot } from '../../render/snapshot.ts';
import { servedResource } from '../encode-served.ts';
import { ClaimedDomains, claimedFinding } from './claimed-domains.ts';

/** Every guard over a snapshot: what the static guards of a promotion would say of it. */
export type JudgeSnapshot = (snapshot: Snapshot) => readonly Finding[];

/** A service that is known, and for which nothing is served. */
export type LeftOutService = {
  readonly generator: string;
  readonly service: string;
  /** With the place of the template, or of the generator. */
  readonly findings: readonly Finding[];
};

export type Generated = {
  readonly base: Snapshot;
  /** The promoted snapshot with all that was generated, under the promoted digest. */
  readonly snapshot: Snapshot;
  readonly instances: readonly Instance[];
  readonly leftOut: readonly LeftOutService[];
};

/** The services of one generator. */
export type WantedServices = {
  readonly generator: Generator;
  /** Those that are served already first, in the order in which they came. */
  readonly services: readonly KnownService[];
  /** How many those are. Default: none. */
  readonly served?: number;
};

/**
 * Instantiates generators for services that were found, and leaves out alone what the promotion of the same as written config would refuse:
 * by the API of each Envoy version, by names that are taken, and by every guard. Instances are made once for each service and generator.
 */
export class InstanceMaker {
  readonly #judge: JudgeSnapshot;
  readonly #envoys: readonly EnvoyVersion[];
  #made = new Map<string, Instance>();
  #base: { readonly of: Snapshot; readonly errors: ReadonlySet<string> } | undefined;

  constructor(ports: { readonly judge: JudgeSnapshot; readonly envoys: readonly EnvoyVersion[] }) {
    this.#judge = ports.judge;
    this.#envoys = ports.envoys;
  }

  generate(base: Snapshot, wanted: readonly WantedServices[]): Generated {
    const leftOut: LeftOutService[] = [];
    const generators = new Map(wanted.map(({ generator }) => [generator.name, generator]));
    const out = ({ generator, service }: Pick<Instance, 'generator' | 'service'>, findings: readonly Finding[]): void =>
      void leftOut.push({ generator, service, findings: placed(findings, generators.get(generator)) });
    // Of all generators those that are served first: who appears takes no name from who is there, whichever generator it belongs to.
    const served: Instance[] = [];
    const others: Instance[] = [];
    const made = new Map<string, Instance>();
    for (const { generator, services, served: first = 0 } of wanted) {
      const found = services.slice(0, generator.maxServices);
      for (const [place, service] of found.entries()) {
        const key = canonicalJson([base.digest, generator.name, service.name, [...service.tags]]);
        const instance = this.#made.get(key) ?? this.#instance(generator, service);
        made.set(key, instance);
        if (hasErrors(instance.findings)) out(instance, instance.findings);
        else (place < first ? served : others).push(instance);
      }
      for (const { name } of services.slice(generator.maxServices))
        out({ generator: generator.name, service: name }, [fullFinding(generator, services.length)]);
    }
    this.#made = made;
    const before = this.#errorsOfBase(base);
    const judged = (instances: readonly Instance[]) => {
      const together = withInstances(base, instances);
      const findings = this.#errors(together.snapshot).filter((finding) => !before.has(textOf(finding)));
      return { ...together, findings };
    };
    let taken: readonly Instance[] = [];
    let waiting: readonly Instance[] = [...served, ...others];
    while (waiting.length > 0) {
      const claimed = new ClaimedDomains(base, taken);
      const isTaken = new Set(taken);
      const some: Instance[] = [];
      const later: Instance[] = [];
      for (const instance of waiting) {
        const rival = claimed.claim(instance);
        if (!rival) some.push(instance);
        else if (rival.holder === 'written' || isTaken.has(rival.holder)) out(instance, [claimedFinding(rival)]);
        // Whoever was before it may be left out for something else.
        else later.push(instance);
      }
      taken = this.#takeAll(taken, some, judged, out);
      waiting = later;
    }
    const { snapshot } = withInstances(base, taken);
    return { base, snapshot, instances: taken, leftOut };
  }

  /** All at once, as nearly always nothing is wrong; else in halves, so that those who came first are judged first. */
  #takeAll(
    before: readonly Instance[],
    instances: readonly Instance[],
    judged: (
      instances: readonly Instance[],
    ) => ReturnType<typeof withInstances> & { readonly findings: readonly Finding[] },
    out: (instance: Instance, findings: readonly Finding[]) => void,
  ): readonly Instance[] {
    let taken = before;
    const take = (some: readonly Instance[]): void => {
      if (some.length === 0) return;
      const { refused, findings } = judged([...taken, ...some]);
      const clashing = new Map(refused.map((one) => [one.instance, one.findings]));
      if (findings.length === 0) {
        for (const instance of some) {
          const own = clashing.get(instance);
          if (own) out(instance, own);
        }
        taken = [...taken, ...some.filter((instance) => !clashing.has(instance))];
        return;
      }
      const [only] = some;
      if (some.length === 1 && only) {
        out(only, clashing.get(only) ?? findings);
        return;
      }
      const half = Math.ceil(some.length / 2);
      take(some.slice(0, half));
      take(some.slice(half));
    };
    take(instances);
    return taken;
  }

  /** What stands against the promoted snapshot already is no service's fault. */
  #errorsOfBase(base: Snapshot): ReadonlySet<string> {
    if (this.#base?.of !== base) this.#base = { of: base, errors: new Set(this.#errors(base).map(textOf)) };
    return this.#base.errors;
  }

  #errors(snapshot: Snapshot): readonly Finding[] {
    return this.#judge(snapshot).filter(({ severity }) => severity === 'error');
  }

  #instance(generator: Generator, service: KnownService): Instance {
    const made = instanceOf(generator, service, this.#envoys);
    if (hasErrors(made.findings)) return made;
    try {
      for (const resource of made.resources) servedResource(resource);
      return made;
    } catch (error) {
      const saw = `it does not encode: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}`;
      const finding = generatorFinding('bad-generator', generator.at, saw, 'resources that Envoy can read');
      return { ...made, findings: [...made.findings, finding] };
    }
  }
}

/**
 * A generator was read back from a delivery, and the places in its bodies are places there: people look for those of the mesh config, which
 * come with it.
 */
function placed(findings: readonly Finding[], generator: Generator | undefined): readonly Finding[] {
  if (!generator) return findings;
  const { at: used, use, templates } = generator;
  const at = templates.find(({ name }) => name === use.template)?.at ?? used;
  return findings.map(({ via: _, ...finding }) => (finding.at === used ? finding : { ...finding, at, via: [used] }));
}

const textOf = ({ rule, resource, saw }: Finding): string => JSON.stringify([rule, resource, saw]);

const fullFinding = (generator: Generator, known: number): Finding =>
  generatorFinding(
    'generator-full',
    generator.at,
    `${known} services`,
    `at most ${generator.maxServices} (max_services); those that came first are served`,
  );
