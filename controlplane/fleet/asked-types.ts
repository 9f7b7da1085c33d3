import type { NodeState } from '../xds/node-state.ts';
import type { AckState } from '../xds/subscription.ts';

/** By node id and type URL; several states where Envoys share an id. */
export type AskedTypes = ReadonlyMap<string, ReadonlyMap<string, readonly AckState[]>>;

/** What connected nodes have a subscription to, and how far each is. */
export function askedTypes(nodes: readonly Pick<NodeState, 'node' | 'connected' | 'types'>[]): AskedTypes {
  const asked = new Map<string, Map<string, AckState[]>>();
  for (const { node, connected, types } of nodes) {
    if (!connected) continue;
    const ofNode = asked.get(node.id) ?? new Map<string, AckState[]>();
    asked.set(node.id, ofNode);
    for (const [typeUrl, state] of types) ofNode.set(typeUrl, [...(ofNode.get(typeUrl) ?? []), state]);
  }
  return asked;
}
