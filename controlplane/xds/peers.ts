import type { ServedSnapshot } from '../served-snapshot.ts';
import type { XdsNode } from './discovery-messages.ts';
import type { NodeMemory } from './node-memory.ts';
import type { NodeSession } from './node-session.ts';
import type { Channel } from './slot.ts';
import type { Tallies } from './tallies.ts';

/** One Envoy, with its open streams or waiting for its return. */
export type Peer = {
  /** The node's id; `edge-1 (2)` for the second of two Envoys that bear one id. */
  readonly name: string;
  /** As its newest stream says. */
  node: XdsNode;
  readonly memory: NodeMemory;
  /** Undefined: no stream of it is open. */
  session: NodeSession | undefined;
  readonly channels: Set<Channel>;
  aggregated: Channel | undefined;
  /** What its session was begun with. */
  served: ServedSnapshot | undefined;
  lastHeardMs: number;
  readonly tallies: Tallies;
};

/** Of more that went away, those that went first are forgotten: who comes back unknown is taken to hold all that was served lately. */
const GONE_KEPT = 20_000;

/** The Envoys of a group, found by name and by node id. */
export class Peers {
  readonly #sharedIds: boolean;
  readonly #byName = new Map<string, Peer>();
  readonly #byNodeId = new Map<string, Peer[]>();
  /** In the order in which they went. */
  readonly #gone = new Set<Peer>();
  readonly #goneKept: number;

  constructor(sharedIds: boolean, goneKept = GONE_KEPT) {
    this.#sharedIds = sharedIds;
    this.#goneKept = goneKept;
  }

  all(): MapIterator<Peer> {
    return this.#byName.values();
  }

  ofNode(nodeId: string): readonly Peer[] {
    return this.#byNodeId.get(nodeId) ?? [];
  }

  /**
   * Whose stream one is that `node` opened. A second aggregated stream of an id is a second Envoy's where ids are shared; a stream of
   * one type belongs to whoever of that id is there.
   */
  join(node: XdsNode, isAggregated: boolean, newMemory: () => NodeMemory): Peer {
    const name = isAggregated && this.#sharedIds ? this.#freeName(node.id) : node.id;
    const known = this.#byName.get(name);
    if (known) {
      known.node = node;
      return known;
    }
    const peer: Peer = {
      name,
      node,
      memory: newMemory(),
      session: undefined,
      channels: new Set(),
      aggregated: undefined,
      served: undefined,
      lastHeardMs: 0,
      tallies: new Map(),
    };
    this.#byName.set(name, peer);
    const same = this.#byNodeId.get(node.id);
    if (same) same.push(peer);
    else this.#byNodeId.set(node.id, [peer]);
    return peer;
  }

  /** A stream of it is open. */
  here(peer: Peer): void {
    this.#gone.delete(peer);
  }

  /** Its last stream ended. */
  left(peer: Peer): void {
    this.#gone.add(peer);
    const [first] = this.#gone;
    if (first && this.#gone.size > this.#goneKept) this.forget(first.name);
  }

  /** One that is connected is not forgotten. */
  forget(name: string): void {
    const peer = this.#byName.get(name);
    if (!peer || peer.session) return;
    this.#byName.delete(name);
    this.#gone.delete(peer);
    const left = this.ofNode(peer.node.id).filter((one) => one !== peer);
    if (left.length === 0) this.#byNodeId.delete(peer.node.id);
    else this.#byNodeId.set(peer.node.id, left);
  }

  #freeName(nodeId: string): string {
    let name = nodeId;
    for (let count = 2; this.#byName.get(name)?.aggregated; count += 1) name = `${nodeId} (${count})`;
    return name;
  }
}
