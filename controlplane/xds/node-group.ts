import type { ConversationEntry } from '../conversation.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { type ClientState, typeStates } from './client-state.ts';
import { requestEntry, responseEntry } from './conversation-entries.ts';
import { ConversationLog } from './conversation-log.ts';
import type { XdsNode } from './discovery-messages.ts';
import type { DeltaRequest, SotwRequest } from './discovery-requests.ts';
import type { NameSets } from './name-set.ts';
import { newNodeMemory } from './node-memory.ts';
import { type Applied, appliedBy, type Nack } from './node-progress.ts';
import { NodeSession } from './node-session.ts';
import { type NodeReading, type NodeState, nodeStateOf } from './node-state.ts';
import { type Peer, Peers } from './peers.ts';
import type { Selection } from './selection.ts';
import type { Channel } from './slot.ts';
import type { Subscription } from './subscription.ts';
import { tallyOf } from './tallies.ts';
import { TypeHistory } from './type-history.ts';
import { Waiters } from './waiters.ts';

export type GroupPorts = {
  readonly nowMs: () => number;
  readonly drainMs: number;
  /** See `ControlPlaneOptions`. */
  readonly awaitsDrain: boolean;
  /**
   * Two open aggregated streams of one node id are two Envoys, as in a fleet where an id is given twice: each is served. Otherwise
   * the newest stream of a node is the one that counts.
   */
  readonly sharedIds: boolean;
  readonly nameSets: NameSets;
  /** False: what is said is not kept, which costs time and memory for each message. */
  readonly keepsConversation: boolean;
  readonly onConversation: ((entry: ConversationEntry) => void) | undefined;
  /** Something was said to or by a node, or it came or went. */
  readonly onHeard: (nodeId: string) => void;
};

/**
 * A node from which nothing came for this long has asked for what it wants: resources that are there to be asked for by name, and
 * that it did not ask for, are not waited for any longer.
 */
export const QUIET_MS = 250;
/** A type of which a node closed its last stream, and opened no other for so long, is one that it has given up. */
const GIVEN_UP_AFTER_MS = 1_000;
/** Nodes that are served a change in one turn; requests are read in between. */
const NODES_A_TURN = 256;

export type GroupStream = {
  /** Throws `TooManyNames`. */
  receive(typeUrl: string, request: SotwRequest | DeltaRequest): void;
  /** The peer caught up with what was written to it. */
  caughtUp(): void;
  close(reason?: string): void;
};

/** The nodes that are served the same snapshot. */
export class NodeGroup {
  readonly name: string;
  readonly #ports: GroupPorts;
  readonly #peers: Peers;
  readonly #histories = new Map<string, TypeHistory>();
  readonly #log: ConversationLog | undefined;
  readonly #waiters = new Waiters();
  #snapshot: ServedSnapshot | undefined;
  /** Of the snapshot, counted from 1. */
  #serial = 0;
  #distribution: NodeJS.Immediate | undefined;

  constructor(name: string, ports: GroupPorts) {
    this.name = name;
    this.#ports = ports;
    this.#peers = new Peers(ports.sharedIds);
    this.#log = ports.keepsConversation ? new ConversationLog() : undefined;
  }

  /** What was served before, by whichever control plane, oldest first: nodes may still hold it. */
  remember(earlier: readonly ServedSnapshot[]): void {
    for (const { resources } of earlier)
      for (const typeUrl of this.#typesOf(resources)) this.#historyOf(typeUrl).remember(resources.get(typeUrl) ?? []);
  }

  /** Of several in one turn only the last one is sent. */
  setSnapshot(snapshot: ServedSnapshot): void {
    this.#snapshot = snapshot;
    this.#serial += 1;
    const { resources } = snapshot;
    for (const typeUrl of this.#typesOf(resources))
      this.#historyOf(typeUrl).serve(resources.get(typeUrl) ?? [], this.#serial);
    this.#distribution ??= setImmediate(() => this.#distribute(this.#peers.all()));
    this.#waiters.wake();
  }

  serves(nodeId: string, digest: string): boolean {
    return this.#snapshot?.digest === digest && this.#peers.ofNode(nodeId).length > 0;
  }

  conversation(): readonly ConversationEntry[] {
    return this.#log?.entries() ?? [];
  }

  nodes(): NodeState[] {
    const now = this.#ports.nowMs();
    return [...this.#peers.all()].map((peer) => nodeStateOf(peer, this.name, now));
  }

  /** The Envoys that are connected, each as it is when it is asked for. */
  *clients(): Generator<ClientState> {
    const servedFor = ({ typeUrl, names }: Subscription): Selection => this.#historyOf(typeUrl).now.select(names);
    for (const { name, node, session, tallies } of this.#peers.all())
      if (session) yield { name, node, types: () => typeStates(session, tallies, this.#ports.nowMs(), servedFor) };
  }

  /** Of the connected Envoys of that id, or of all. */
  readings(nodeId?: string): NodeReading[] {
    const digest = this.#snapshot?.digest;
    const readings: NodeReading[] = [];
    for (const peer of nodeId === undefined ? this.#peers.all() : this.#peers.ofNode(nodeId)) {
      const applied = this.#appliedBy(peer);
      if (applied) readings.push({ name: peer.name, node: peer.node, digest, applied });
    }
    return readings;
  }

  /** What is kept for the return of a node that went away. */
  forget(name: string): void {
    this.#peers.forget(name);
  }

  /** A stream of `node` opened. */
  open(node: XdsNode, channel: Channel): GroupStream {
    const peer = this.#peers.join(node, channel.typeUrl === undefined, () => newNodeMemory());
    if (peer.session && peer.aggregated && channel.typeUrl === undefined) this.#leave(peer, peer.aggregated);
    peer.session ??= this.#newSession(peer);
    this.#peers.here(peer);
    peer.channels.add(channel);
    if (channel.typeUrl === undefined) {
      peer.aggregated = channel;
      peer.served = undefined;
    }
    const { session } = peer;
    const { nowMs, onHeard } = this.#ports;
    this.#say({ kind: 'opened', atMs: nowMs(), nodeId: node.id });
    onHeard(node.id);
    return {
      receive: (typeUrl, request) => {
        // The node has a newer stream.
        if (!peer.channels.has(channel)) return;
        peer.lastHeardMs = nowMs();
        this.#catchUp(peer);
        session.receive(channel, typeUrl, request);
        onHeard(node.id);
        this.#waiters.wake();
      },
      caughtUp: () => {
        this.#catchUp(peer);
        session.advance();
      },
      close: (reason) => {
        this.#leave(peer, channel);
        this.#say({ kind: 'closed', atMs: nowMs(), nodeId: node.id, ...(reason ? { reason } : {}) });
        onHeard(node.id);
        this.#waiters.wake();
      },
    };
  }

  /** Of the node with `nodeId`, else of every node that is connected (one at least). Resolves as soon as it is known. */
  async awaitApplied(deadlineMs: number, nodeId?: string): Promise<Applied> {
    const endsAt = this.#ports.nowMs() + deadlineMs;
    for (;;) {
      const now = this.#ports.nowMs();
      const state = this.#applied(nodeId);
      if (state.kind !== 'silent' || now >= endsAt) return state;
      await this.#waiters.changeOr(Math.min(endsAt - now, QUIET_MS));
    }
  }

  #newSession(peer: Peer): NodeSession {
    const { nameSets, drainMs, nowMs } = this.#ports;
    const nodeId = peer.node.id;
    const isSaid = this.#log !== undefined || this.#ports.onConversation !== undefined;
    return new NodeSession({
      historyOf: (typeUrl) => this.#historyOf(typeUrl),
      servedTypes: () => this.#allTypes(),
      nameSets,
      memory: peer.memory,
      serial: () => this.#serial,
      nowMs,
      drainMs,
      onReceived: (typeUrl, request, meaning) => {
        if (meaning === 'ack' || meaning === 'nack') {
          const tally = tallyOf(peer.tallies, typeUrl);
          if (meaning === 'ack') tally.acks += 1;
          else tally.nacks += 1;
          tally.sinceMs = nowMs();
        }
        if (isSaid) this.#say(requestEntry(typeUrl, request, meaning, nodeId, nowMs()));
      },
      onSent: (step, nonce) => {
        tallyOf(peer.tallies, step.typeUrl).sinceMs = nowMs();
        if (isSaid) this.#say(responseEntry(step, nonce, nodeId, nowMs()));
      },
    });
  }

  #leave(peer: Peer, channel: Channel): void {
    const { session } = peer;
    if (!session || !peer.channels.delete(channel)) return;
    session.drop(channel);
    if (peer.aggregated === channel) peer.aggregated = undefined;
    const { typeUrl } = channel;
    if (peer.channels.size === 0) {
      peer.session = undefined;
      this.#peers.left(peer);
    } else if (typeUrl !== undefined) setTimeout(() => session.giveUp(typeUrl), GIVEN_UP_AFTER_MS).unref();
  }

  /** A node is told of what is served when it is its turn, or when it says something before that. */
  #catchUp(peer: Peer): void {
    if (peer.served === this.#snapshot || !peer.session) return;
    const isNew = peer.served === undefined;
    peer.served = this.#snapshot;
    peer.session.begin(isNew);
  }

  #distribute(left: Iterator<Peer>): void {
    let turn = 0;
    for (let next = left.next(); !next.done; next = left.next()) {
      this.#catchUp(next.value);
      turn += 1;
      if (turn < NODES_A_TURN) continue;
      this.#distribution = setImmediate(() => this.#distribute(left));
      return;
    }
    this.#distribution = undefined;
    for (const peer of this.#peers.all())
      if (peer.session && peer.served !== this.#snapshot) {
        this.#distribution = setImmediate(() => this.#distribute(this.#peers.all()));
        return;
      }
    this.#waiters.wake();
  }

  #historyOf(typeUrl: string): TypeHistory {
    const known = this.#histories.get(typeUrl);
    if (known) return known;
    const history = new TypeHistory(typeUrl);
    this.#histories.set(typeUrl, history);
    return history;
  }

  /** What is served no longer is so as well. */
  #typesOf(resources: ServedSnapshot['resources']): Set<string> {
    return new Set([...this.#histories.keys(), ...resources.keys()]);
  }

  #appliedBy(peer: Peer): Applied | undefined {
    const { session } = peer;
    if (!session) return undefined;
    if (!this.#snapshot)
      return { kind: 'silent', types: session.slots.map(({ subscription }) => subscription.typeUrl) };
    if (peer.served !== this.#snapshot) return { kind: 'silent', types: this.#allTypes() };
    const isQuiet = this.#ports.nowMs() - peer.lastHeardMs >= QUIET_MS;
    return appliedBy(session, this.#histories, isQuiet, this.#ports.awaitsDrain);
  }

  #applied(nodeId: string | undefined): Applied {
    const open = new Set<string>();
    const nacks: Nack[] = [];
    let connected = 0;
    for (const peer of nodeId === undefined ? this.#peers.all() : this.#peers.ofNode(nodeId)) {
      const state = this.#appliedBy(peer);
      if (!state) continue;
      connected += 1;
      if (state.kind === 'silent') for (const type of state.types) open.add(type);
      else if (state.kind === 'nacked') nacks.push(...state.nacks);
    }
    if (connected === 0) return { kind: 'silent', types: this.#allTypes() };
    if (open.size > 0) return { kind: 'silent', types: [...open] };
    return nacks.length > 0 ? { kind: 'nacked', nacks } : { kind: 'acked' };
  }

  #allTypes(): string[] {
    return [...(this.#snapshot?.resources ?? [])].filter(([, resources]) => resources.length > 0).map(([type]) => type);
  }

  #say(entry: ConversationEntry): void {
    const said = this.#log ? this.#log.add(entry) : entry;
    this.#ports.onConversation?.(said);
  }
}
