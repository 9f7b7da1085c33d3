import type { NodeMatch } from '../../render/config/mesh-config.ts';
import type { JsonObject } from '../../render/json.ts';

/** What an Envoy of a cell says it is. */
export type NodeIdentity = { readonly id: string; readonly cluster: string; readonly metadata: JsonObject };

/**
 * An identity that the stage's node match covers. `id` patterns are regular expressions: `sample` gives a text that matches one
 * (undefined when it finds none; the id then is the cell's own name, and only `node.id`-dependent config could tell).
 */
export function nodeIdentityFor(
  match: NodeMatch,
  fallbackId: string,
  sample: (pattern: string) => string | undefined,
): NodeIdentity {
  return {
    id: (match.id === undefined ? undefined : sample(match.id)) ?? fallbackId,
    cluster: match.cluster ?? 'meshgate',
    metadata: match.metadata ?? {},
  };
}
