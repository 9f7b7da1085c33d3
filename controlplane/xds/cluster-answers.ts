import type { ServedResource, ServedSnapshot } from '../served-snapshot.ts';
import { answerFor } from './answer.ts';
import { XDS_TYPES } from './xds-types.ts';

const { CDS } = XDS_TYPES;
const KEPT = 32;

/**
 * Clusters by the version of the answer that brings them, for every snapshot that a node of the group may hold, and for the step from
 * one to the next, in which it holds those of both. A node that comes from another control plane, or from before a restart, says a
 * version only; without knowing what it stands for, clusters that its routes still name would be taken from it.
 */
export class ClusterAnswers {
  readonly #clusters = new Map<string, readonly ServedResource[]>();
  #last: readonly ServedResource[] = [];

  /** In the order in which they are, or were, served. */
  add(snapshot: ServedSnapshot): void {
    const clusters = snapshot.resources.get(CDS) ?? [];
    const names = new Set(clusters.map(({ name }) => name));
    this.#keep([...clusters, ...this.#last.filter(({ name }) => !names.has(name))]);
    this.#keep(clusters);
    this.#last = clusters;
  }

  at(version: string): readonly ServedResource[] | undefined {
    return this.#clusters.get(version);
  }

  #keep(clusters: readonly ServedResource[]): void {
    const { version } = answerFor({ typeUrl: CDS, names: 'all' }, clusters);
    this.#clusters.delete(version);
    this.#clusters.set(version, clusters);
    if (this.#clusters.size > KEPT) this.#clusters.delete(this.#clusters.keys().next().value ?? '');
  }
}
