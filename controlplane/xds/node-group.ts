import type { ConversationEntry } from '../conversation.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { AnswerBytes } from './answer.ts';
import { ClusterAnswers } from './cluster-answers.ts';
import { ConversationLog } from './conversation-log.ts';
import type { DiscoveryRequest, XdsNode } from './discovery-messages.ts';
import { type Nack, type NodeMemory, NodeStream, newNodeMemory } from './node-stream.ts';
import type { AckState, RequestMeaning } from './subscription.ts';

/** What became of a snapshot at a node. `silent`: these types were not answered, not asked for, or nobody is connected. */
export type Applied =
  | { readonly kind: 'acked' }
  | { readonly kind: 'nacked'; readonly nacks: readonly Nack[] }
  | { readonly kind: 'silent'; readonly types: readonly string[] };

export type NodeState = {
  readonly node: XdsNode;
  readonly group: string;
  readonly connected: boolean;
  /** By type URL. */
  readonly types: ReadonlyMap<string, AckState>;
};

/** How far one connected Envoy is with what it is served. */
export type NodeReading = {
  /** The node's id; `edge-1 (2)` for the second of two Envoys that bear one id. */
  readonly name: string;
  readonly node: XdsNode;
  /** Of the snapshot that it is served; undefined while there is none. */
  readonly digest: string | undefined;
  readonly applied: Applied;
};

export type GroupPorts = {
  readonly nowMs: () => number;
  readonly drainMs: number;
  /**
   * Two open streams of one node id are two Envoys, as in a fleet where an id is given twice: each is served. Otherwise the newest
   * stream of a node is the one that counts.
   */
  readonly sharedIds: boolean;
  readonly onConversation: (entry: ConversationEntry) => void;
};

/**
 * A node from which nothing came for this long has asked for what it wants: resources that are there to be asked for by name, and
 * that it did not ask for, are not waited for any longer.
 */
export const QUIET_MS = 250;

type Peer = {
  /** As its newest stream says. */
  node: XdsNode;
  readonly memory: NodeMemory;
  stream: NodeStream | undefined;
  lastHeardMs: number;
};

/** The nodes that are served the same snapshot. */
export class NodeGroup {
  readonly name: string;
  readonly #ports: GroupPorts;
  readonly #peers = new Map<string, Peer>();
  readonly #bytes = new AnswerBytes();
  readonly #clusters = new ClusterAnswers();
  readonly #log = new ConversationLog();
  readonly #changed = new EventTarget();
  #snapshot: ServedSnapshot | undefined;

  constructor(name: string, ports: GroupPorts) {
    this.name = name;
    this.#ports = ports;
  }

  /** What was served before, by whichever control plane, oldest first: nodes may still hold it. */
  remember(earlier: readonly ServedSnapshot[]): void {
    for (const snapshot of earlier) this.#clusters.add(snapshot);
  }

  setSnapshot(snapshot: ServedSnapshot): void {
    this.#snapshot = snapshot;
    this.#clusters.add(snapshot);
    for (const { stream } of this.#peers.values()) stream?.setSnapshot(snapshot);
    this.#changed.dispatchEvent(new Event('changed'));
  }

  serves(nodeId: string, digest: string): boolean {
    return this.#snapshot?.digest === digest && this.#peers.has(nodeId);
  }

  conversation(): readonly ConversationEntry[] {
    return this.#log.entries();
  }

  nodes(): NodeState[] {
    return [...this.#peers.values()].map(({ node, stream }) => ({
      node,
      group: this.name,
      connected: stream !== undefined,
      types: stream?.states() ?? new Map(),
    }));
  }

  /** Of the connected Envoys of that id, or of all. */
  readings(nodeId?: string): NodeReading[] {
    const now = this.#ports.nowMs();
    return [...this.#peers].flatMap(([name, peer]) =>
      peer.stream && (nodeId === undefined || peer.node.id === nodeId)
        ? [{ name, node: peer.node, digest: this.#snapshot?.digest, applied: appliedBy(peer, now) ?? ACKED }]
        : [],
    );
  }

  /** What is kept for the return of a node that went away. */
  forget(name: string): void {
    if (!this.#peers.get(name)?.stream) this.#peers.delete(name);
  }

  /** A stream of `node` opened. */
  open(node: XdsNode, send: (bytes: Buffer) => void): GroupStream {
    const name = this.#nameFor(node.id);
    const peer: Peer = this.#peers.get(name) ?? { node, memory: newNodeMemory(), stream: undefined, lastHeardMs: 0 };
    peer.node = node;
    this.#peers.set(name, peer);
    const nodeId = node.id;
    const stream = new NodeStream({
      send,
      bytes: this.#bytes,
      clustersAt: (version) => this.#clusters.at(version),
      memory: peer.memory,
      drainMs: this.#ports.drainMs,
      onReceived: (request, meaning) => this.#say(requestEntry(request, meaning, nodeId, this.#ports.nowMs())),
      onSent: ({ typeUrl, version, resources }, nonce) =>
        this.#say({
          kind: 'response',
          atMs: this.#ports.nowMs(),
          nodeId,
          typeUrl,
          resourceNames: resources.map(({ name }) => name),
          versionInfo: version,
          nonce,
        }),
    });
    peer.stream?.close();
    peer.stream = stream;
    this.#say({ kind: 'opened', atMs: this.#ports.nowMs(), nodeId });
    if (this.#snapshot) stream.setSnapshot(this.#snapshot);
    return {
      receive: (request) => {
        peer.lastHeardMs = this.#ports.nowMs();
        stream.receive(request);
        this.#changed.dispatchEvent(new Event('changed'));
      },
      close: (reason) => {
        stream.close();
        if (peer.stream === stream) peer.stream = undefined;
        this.#say({ kind: 'closed', atMs: this.#ports.nowMs(), nodeId, ...(reason ? { reason } : {}) });
        this.#changed.dispatchEvent(new Event('changed'));
      },
    };
  }

  /** Of the node with `nodeId`, else of every node that is connected (one at least). Resolves as soon as it is known. */
  async awaitApplied(deadlineMs: number, nodeId?: string): Promise<Applied> {
    const endsAt = this.#ports.nowMs() + deadlineMs;
    for (;;) {
      const now = this.#ports.nowMs();
      const state = this.#applied(now, nodeId);
      if (state.kind !== 'silent' || now >= endsAt) return state;
      await this.#changeOr(Math.min(endsAt - now, QUIET_MS));
    }
  }

  #applied(now: number, nodeId: string | undefined): Applied {
    const open: string[] = [];
    const nacks: Nack[] = [];
    let connected = 0;
    for (const peer of this.#peers.values()) {
      if (!peer.stream || (nodeId !== undefined && peer.node.id !== nodeId)) continue;
      connected += 1;
      const state = appliedBy(peer, now);
      if (state?.kind === 'silent') open.push(...state.types);
      else if (state?.kind === 'nacked') nacks.push(...state.nacks);
    }
    if (connected === 0) return { kind: 'silent', types: this.#allTypes() };
    if (open.length > 0) return { kind: 'silent', types: [...new Set(open)] };
    return nacks.length > 0 ? { kind: 'nacked', nacks } : { kind: 'acked' };
  }

  #nameFor(nodeId: string): string {
    if (!this.#ports.sharedIds) return nodeId;
    let name = nodeId;
    for (let count = 2; this.#peers.get(name)?.stream; count += 1) name = `${nodeId} (${count})`;
    return name;
  }

  #allTypes(): string[] {
    return [...(this.#snapshot?.resources ?? [])].filter(([, resources]) => resources.length > 0).map(([type]) => type);
  }

  #changeOr(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#changed.removeEventListener('changed', done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, ms));
      this.#changed.addEventListener('changed', done);
    });
  }

  #say(entry: ConversationEntry): void {
    this.#ports.onConversation(this.#log.add(entry));
  }
}

const ACKED = { kind: 'acked' } as const;

/** Undefined: everything that it was sent is taken. */
function appliedBy({ stream, lastHeardMs }: Peer, nowMs: number): Applied | undefined {
  if (!stream) return undefined;
  const progress = stream.progress();
  if (progress.kind === 'waiting') return { kind: 'silent', types: progress.types };
  const nacks = stream.nacks();
  if (nacks.length > 0) return { kind: 'nacked', nacks };
  const unasked = nowMs - lastHeardMs < QUIET_MS ? stream.unaskedTypes() : [];
  return unasked.length > 0 ? { kind: 'silent', types: unasked } : undefined;
}

export type GroupStream = { receive(request: DiscoveryRequest): void; close(reason?: string): void };

const requestEntry = (
  { typeUrl, resourceNames, versionInfo, responseNonce, errorDetail }: DiscoveryRequest,
  meaning: RequestMeaning,
  nodeId: string,
  atMs: number,
): ConversationEntry => ({
  kind: 'request',
  atMs,
  nodeId,
  typeUrl,
  resourceNames,
  versionInfo,
  responseNonce,
  meaning,
  ...(errorDetail === undefined ? {} : { errorDetail }),
});
