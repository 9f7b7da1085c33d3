import type { Finding } from '../finding.ts';
import type { EnvoyVersion } from '../ids.ts';
import type { Snapshot } from '../snapshot.ts';
import type { KnownService } from './generator.ts';
import { type Instance, instanceOf } from './instance.ts';
import { withInstances } from './with-instances.ts';

/** Which services a generator is tried with; by default those that it is written with. */
export type ServicesOf = (generator: string, examples: readonly KnownService[]) => readonly KnownService[];

/**
 * `snapshot` as the control plane would serve it if its generators knew their made-up services; itself where it has no generators. With an
 * error among the findings, what was refused is not in it.
 */
export function withExamples(
  snapshot: Snapshot,
  envoys: readonly EnvoyVersion[],
  servicesOf: ServicesOf = (_, examples) => examples,
): { readonly snapshot: Snapshot; readonly instances: readonly Instance[]; readonly findings: readonly Finding[] } {
  const { generators = [] } = snapshot;
  if (generators.length === 0) return { snapshot, instances: [], findings: [] };
  const all = generators.flatMap((generator) =>
    servicesOf(generator.name, generator.examples).map((service) => instanceOf(generator, service, envoys)),
  );
  const sound = all.filter(({ findings }) => findings.every(({ severity }) => severity !== 'error'));
  const together = withInstances(snapshot, sound);
  const refused = new Set(together.refused.map(({ instance }) => instance));
  return {
    snapshot: together.snapshot,
    instances: sound.filter((instance) => !refused.has(instance)),
    findings: [...all.flatMap(({ findings }) => findings), ...together.refused.flatMap(({ findings }) => findings)],
  };
}

/** What a stage may come to: without a service, with one, and with several of each generator; without generators itself alone. */
export function possibleSnapshots(snapshot: Snapshot, envoys: readonly EnvoyVersion[]): readonly Snapshot[] {
  if (!snapshot.generators) return [snapshot];
  const counts = snapshot.generators.some(({ examples }) => examples.length > 1) ? [0, 1, Infinity] : [0, Infinity];
  return counts.map((count) => withExamples(snapshot, envoys, (_, examples) => examples.slice(0, count)).snapshot);
}
