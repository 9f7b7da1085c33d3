import type { Finding } from '../../render/finding.ts';
import { viaOf } from '../../render/places.ts';
import { RESOURCE_KINDS, type Resource, typeUrlOf } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { placeEnvoyWords } from './envoy-words.ts';

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

function startOf(words: string, name: string): number {
  for (let at = words.indexOf(`${name}: `); at !== -1; at = words.indexOf(`${name}: `, at + 1)) {
    if (at === 0 || /[\s,(]/.test(words[at - 1] ?? '')) return at;
  }
  return -1;
}

/** A finding for each resource that an Envoy refused over xDS, at the line it came from, in Envoy's own words. */
export function nackFindings(snapshot: Snapshot, typeUrl: string, errorDetail: string, envoy: string): Finding[] {
  const kind = RESOURCE_KINDS.find((known) => typeUrlOf(known) === typeUrl);
  const candidates = snapshot.resources.filter((resource) => resource.kind === kind);
  return partsOf(errorDetail, candidates).map(({ resource, words }) => {
    const place = placeEnvoyWords(words, resource ? [resource] : candidates);
    const via = resource ? viaOf(resource.body) : [];
    return {
      rule: 'nack',
      severity: 'error',
      at: place?.at ?? resource?.at ?? candidates[0]?.at ?? { file: 'mesh.yaml', line: 1, column: 1 },
      saw: words,
      want: `resources that Envoy ${envoy} takes over xDS`,
      stage: snapshot.stage,
      envoy: [envoy],
      ...(place ? { resource: place.resource } : resource ? { resource: `${resource.kind} ${resource.name}` } : {}),
      ...(via.length > 0 ? { via } : {}),
    };
  });
}
