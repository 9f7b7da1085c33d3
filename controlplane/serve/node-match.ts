import type { NodeMatch } from '../../render/config/mesh-config.ts';
import { isJsonObject, type JsonValue } from '../../render/json.ts';
import { canonicalJson } from '../../render/snapshot.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';

/** Why a node is none of the stage's; undefined when it is one. Every given condition must hold. */
export function mismatchOf(match: NodeMatch, node: XdsNode): string | undefined {
  if (match.cluster !== undefined && node.cluster !== match.cluster)
    return `node.cluster is "${node.cluster}"; want "${match.cluster}"`;
  if (match.id !== undefined && !new RegExp(`^(?:${match.id})$`).test(node.id))
    return `node.id is "${node.id}"; want a match of ${match.id}`;
  for (const [key, want] of Object.entries(match.metadata ?? {}))
    if (!holds(want, node.metadata[key]))
      return `node.metadata.${key} is ${canonicalJson(node.metadata[key] ?? null)}; want ${canonicalJson(want)}`;
  return undefined;
}

/** Objects: every wanted member is there; anything else is equal. */
function holds(want: JsonValue, saw: JsonValue | undefined): boolean {
  if (!isJsonObject(want)) return saw !== undefined && canonicalJson(want) === canonicalJson(saw);
  return isJsonObject(saw) && Object.entries(want).every(([key, value]) => holds(value, saw[key]));
}
