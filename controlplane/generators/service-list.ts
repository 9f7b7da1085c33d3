import type { KnownService } from '../../render/generators/generator.ts';
import { askAgain, RETRY, type Retry } from '../discovery/ask-on.ts';
import type { FailedAnswer } from '../discovery/host-source.ts';

/** What a source says of its services. */
export type ServicesAnswer =
  /** Those with the tag, no two of one name, by name; whatever their names are. */
  { readonly kind: 'services'; readonly services: readonly KnownService[] } | FailedAnswer;

/** One question for services, asked for as long as it is wanted. */
export type ServiceList = {
  /** For people: `consul services tagged edge (dc1)`. */
  readonly name: string;
  /** Yields the first answer, and another whenever it changes, until aborted. A failure is an answer. Never rejects. */
  watch(signal: AbortSignal): AsyncIterable<ServicesAnswer>;
};

/** All services that are known at one moment with their tags, in any order. */
export type ServiceAsking = (signal: AbortSignal) => AsyncGenerator<readonly KnownService[], number, void>;

/** Makes a `ServiceList` of an asking: those with the tag, asked for on after failures, and told when they differ. */
export const serviceList = (name: string, tag: string, ask: ServiceAsking, retry: Retry = RETRY): ServiceList => ({
  name,
  async *watch(wanted) {
    // Whoever stops listening without aborting leaves no connection open either.
    const stop = new AbortController();
    const signal = AbortSignal.any([wanted, stop.signal]);
    const answerOf = (all: readonly KnownService[]): ServicesAnswer => ({
      kind: 'services',
      services: tagged(all, tag),
    });
    try {
      yield* askAgain(ask, answerOf, retry, signal);
    } finally {
      stop.abort();
    }
  },
});

function tagged(all: readonly KnownService[], tag: string): readonly KnownService[] {
  const tags = new Map<string, Set<string>>();
  for (const service of all) tags.set(service.name, new Set([...(tags.get(service.name) ?? []), ...service.tags]));
  return [...tags]
    .filter(([, own]) => own.has(tag))
    .map(([name, own]) => ({ name, tags: [...own].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
