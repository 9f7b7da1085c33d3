import type { ConversationEntry } from '../conversation.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { AnswerBytes } from './answer.ts';
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

export type GroupPorts = {
  readonly nowMs: () => number;
  readonly drainMs: number;
  readonly onConversation: (entry: ConversationEntry) => void;
};

/**
 * A node from which nothing came for this long has asked for what it wants: resources that are there to be asked for by name, and
 * that it did not ask for, are not waited for any longer.
 */
const QUIET_MS = 250;

type Peer = {
  readonly node: XdsNode;
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
  readonly #log = new ConversationLog();
  readonly #changed = new EventTarget();
  #snapshot: ServedSnapshot | undefined;

  constructor(name: string, ports: GroupPorts) {
    this.name = name;
    this.#ports = ports;
  }

  setSnapshot(snapshot: ServedSnapshot): void {
    this.#snapshot = snapshot;
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

  /** A stream of `node` opened. The newest stream of a node is the one that counts. */
  open(node: XdsNode, send: (bytes: Buffer) => void): GroupStream {
    const peer: Peer = this.#peers.get(node.id) ?? { node, memory: newNodeMemory(), stream: undefined, lastHeardMs: 0 };
    this.#peers.set(node.id, peer);
    const nodeId = node.id;
    const stream = new NodeStream({
      send,
      bytes: this.#bytes,
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
    for (const { node, stream, lastHeardMs } of this.#peers.values()) {
      if (!stream || (nodeId !== undefined && node.id !== nodeId)) continue;
      connected += 1;
      const progress = stream.progress();
      if (progress.kind === 'waiting') open.push(...progress.types);
      else if (stream.nacks().length > 0) nacks.push(...stream.nacks());
      else if (now - lastHeardMs < QUIET_MS) open.push(...stream.unaskedTypes());
    }
    if (connected === 0) return { kind: 'silent', types: this.#allTypes() };
    if (open.length > 0) return { kind: 'silent', types: [...new Set(open)] };
    return nacks.length > 0 ? { kind: 'nacked', nacks } : { kind: 'acked' };
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
