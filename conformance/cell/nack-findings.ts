import type { Finding } from '../../render/finding.ts';
import { viaOf } from '../../render/places.ts';
import { RESOURCE_KINDS, type Resource, resourceLabel, typeUrlOf } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { placeByContent, placeEnvoyWords, plainWords } from './envoy-words.ts';
import { scopeOf, startOf as startOfSnapshot } from './finding-scope.ts';

/** A NACK as the control plane tells of it: `resourceNames` are those of the answer that was refused. */
export type Refusal = {
  readonly typeUrl: string;
  readonly resourceNames: readonly string[];
  readonly errorDetail: string;
};

/**
 * Envoy puts the refusals of one answer into one text, `Error adding/updating cluster(s) a: words, b: words`; this takes it apart
 * by the names that the answer held.
 */
function partsOf(
  words: string,
  candidates: readonly Resource[],
): { readonly resource: Resource | undefined; readonly words: string }[] {
  const starts = candidates
    .map((resource) => ({ resource, at: startOf(words, resource.name) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  if (starts.length === 0) return [{ resource: undefined, words }];
  return starts.map(({ resource, at }, index) => ({
    resource,
    words: words.slice(at, starts[index + 1]?.at).replace(/[,\s]+$/, ''),
  }));
}

/** Where the words about `name` begin: `Error adding/updating cluster(s) NAME: …, NAME: …`, listeners on lines of their own. */
function startOf(words: string, name: string): number {
  for (let at = words.indexOf(`${name}: `); at !== -1; at = words.indexOf(`${name}: `, at + 1)) {
    if (at === 0 || /(?:\(s\) |, |\n)$/.test(words.slice(Math.max(0, at - 4), at))) return at;
  }
  return -1;
}

/** A finding for each resource that an Envoy refused over xDS, at the line it came from, in Envoy's own words. */
export function nackFindings(
  snapshot: Snapshot,
  { typeUrl, resourceNames, errorDetail }: Refusal,
  envoy: string,
): Finding[] {
  const kind = RESOURCE_KINDS.find((known) => typeUrlOf(known) === typeUrl);
  const ofKind = snapshot.resources.filter((resource) => resource.kind === kind);
  const sent = ofKind.filter(({ name }) => resourceNames.includes(name));
  // Endpoints are served under the names of the clusters that use them.
  const candidates = sent.length > 0 ? sent : ofKind;
  const only = candidates.length === 1 ? candidates[0] : undefined;
  return partsOf(plainWords(errorDetail), candidates).map(({ resource: named, words }) => {
    const subject = named ?? only;
    const place = subject
      ? placeEnvoyWords(`'${subject.name}' ${words}`, [subject])
      : (placeEnvoyWords(words, candidates) ??
        placeByContent(words, candidates) ??
        // A secret may be refused for what uses it.
        placeByContent(words, snapshot.resources));
    const label = place?.resource;
    const resource = snapshot.resources.find((candidate) => resourceLabel(candidate) === label);
    const via = resource ? viaOf(resource.body) : [];
    return {
      ...scopeOf(snapshot, envoy),
      rule: 'nack',
      at: place?.at ?? resource?.at ?? candidates[0]?.at ?? startOfSnapshot(snapshot),
      saw: words,
      want: `resources that Envoy ${envoy} takes over xDS`,
      ...(label === undefined ? {} : { resource: label }),
      ...(via.length > 0 ? { via } : {}),
    };
  });
}
