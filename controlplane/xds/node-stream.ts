import type { ServedResource, ServedSnapshot } from '../served-snapshot.ts';
import { type Answer, type AnswerBytes, answerFor } from './answer.ts';
import { type DiscoveryRequest, withNonce } from './discovery-messages.ts';
import { type AckState, isDue, onRequest, onSent, type RequestMeaning, type Subscription } from './subscription.ts';
import { inAddOrder, isFullState, namesClusters, XDS_TYPES } from './xds-types.ts';

export type Nack = {
  readonly typeUrl: string;
  readonly version: string;
  /** Envoy's own words. */
  readonly errorDetail: string;
  /** What the refused answer held. */
  readonly resourceNames: readonly string[];
};

/** What a stream leaves for the next stream of the same node. */
export type NodeMemory = {
  readonly refused: Map<string, Nack>;
  /** Clusters by the version of the answer that brought them, the latest few. */
  readonly clusters: Map<string, readonly ServedResource[]>;
  /** What the node subscribed to. */
  readonly typeUrls: Set<string>;
};
export const newNodeMemory = (): NodeMemory => ({ refused: new Map(), clusters: new Map(), typeUrls: new Set() });
const KEPT_VERSIONS = 16;

export type StreamPorts = {
  readonly send: (bytes: Buffer) => void;
  /** Before what it makes due is sent. */
  readonly onReceived: (request: DiscoveryRequest, meaning: RequestMeaning) => void;
  readonly onSent: (answer: Answer, nonce: string) => void;
  readonly bytes: AnswerBytes;
  /** What the group knows of a version that this node did not get from here. */
  readonly clustersAt: (version: string) => readonly ServedResource[] | undefined;
  readonly memory: NodeMemory;
  /** How long a listener that was replaced may go on serving the connections that it has. */
  readonly drainMs: number;
};

/** `done`: nothing more will be sent until something changes. */
export type Progress = { readonly kind: 'done' } | { readonly kind: 'waiting'; readonly types: readonly string[] };

/**
 * One aggregated stream of one node: what it subscribed to, what it holds, and what it is to be sent next, so that nothing that a
 * node uses is ever missing. Clusters that go away stay until the node has taken listeners and routes that do not name them.
 */
export class NodeStream {
  readonly #ports: StreamPorts;
  readonly #subscriptions = new Map<string, Subscription>();
  #snapshot: ServedSnapshot | undefined;
  #nonces = 0;
  readonly #lastAnswers = new Map<string, Answer>();
  /** The clusters that the node took last. */
  #clusters: readonly ServedResource[] = [];
  #removing: 'not-yet' | 'draining' | 'now' = 'now';
  #listenersChanged = false;
  #draining: NodeJS.Timeout | undefined;

  constructor(ports: StreamPorts) {
    this.#ports = ports;
  }

  setSnapshot(snapshot: ServedSnapshot): void {
    this.#snapshot = snapshot;
    clearTimeout(this.#draining);
    this.#removing = 'not-yet';
    this.#listenersChanged = false;
    // A node that came before there was anything to serve: only now it may be known what it holds.
    const held = this.#subscriptions.get(XDS_TYPES.CDS)?.heldVersion ?? '';
    if (this.#clusters.length === 0 && held !== '') this.#clusters = this.#clustersAt(held);
    this.#advance();
  }

  /** Takes a request, answers what is due. */
  receive(request: DiscoveryRequest): void {
    const { typeUrl } = request;
    const before = this.#subscriptions.get(typeUrl);
    let { meaning, subscription } = onRequest(before, request);
    const { refused, clusters, typeUrls } = this.#ports.memory;
    if (meaning === 'first' && subscription.heldVersion !== '') {
      const nack = refused.get(typeUrl);
      if (nack)
        subscription = { ...subscription, ack: { kind: 'nacked', version: nack.version, reason: nack.errorDetail } };
      if (typeUrl === XDS_TYPES.CDS) {
        this.#clusters = this.#clustersAt(subscription.heldVersion);
        // Before it asked, there seemed to be nothing to remove.
        if (this.#snapshot && this.#removing === 'now') this.#removing = 'not-yet';
      }
    } else if (meaning === 'first') {
      // An Envoy that holds nothing of a type is a new one: what an earlier one refused or asked for is not its doing.
      refused.delete(typeUrl);
      if (typeUrl === XDS_TYPES.CDS) typeUrls.clear();
    }
    typeUrls.add(typeUrl);
    this.#subscriptions.set(typeUrl, subscription);
    this.#ports.onReceived(request, meaning);
    if (meaning === 'ack') refused.delete(typeUrl);
    if (meaning === 'nack') this.#remember(subscription);
    if (meaning === 'ack' && typeUrl === XDS_TYPES.CDS)
      this.#clusters = clusters.get(subscription.heldVersion) ?? this.#clusters;
    if (meaning !== 'stale') this.#advance();
  }

  states(): ReadonlyMap<string, AckState> {
    return new Map([...this.#subscriptions].map(([typeUrl, { ack }]) => [typeUrl, ack]));
  }

  nacks(): Nack[] {
    return inAddOrder(this.#subscriptions.keys()).flatMap((typeUrl) => {
      const nacked = this.#subscriptions.get(typeUrl)?.ack.kind === 'nacked';
      const nack = this.#ports.memory.refused.get(typeUrl);
      return nacked && nack ? [nack] : [];
    });
  }

  /** Types of the snapshot that wait for an ACK, for being sent, or (those with a full state) for being asked for. */
  progress(): Progress {
    const snapshot = this.#snapshot;
    if (!snapshot) return { kind: 'waiting', types: [...this.#subscriptions.keys()] };
    const typeUrls = new Set([...this.#subscriptions.keys(), ...[...snapshot.resources.keys()].filter(isFullState)]);
    const types = inAddOrder(typeUrls).filter((typeUrl) => {
      const subscription = this.#subscriptions.get(typeUrl);
      if (!subscription) return (snapshot.resources.get(typeUrl) ?? []).length > 0;
      return subscription.ack.kind === 'pending' || (this.#isToBeSent(subscription) && !this.#isHeldBack(subscription));
    });
    if (types.length > 0) return { kind: 'waiting', types };
    const refused = this.nacks().length > 0;
    return this.#removing === 'now' || refused ? { kind: 'done' } : { kind: 'waiting', types: [XDS_TYPES.CDS] };
  }

  /** Types with resources that are there to be asked for by name and that the node has not asked for. */
  unaskedTypes(): string[] {
    return [...(this.#snapshot?.resources ?? [])].flatMap(([typeUrl, resources]) => {
      const names = this.#subscriptions.get(typeUrl)?.names;
      return names === 'all' || resources.every(({ name }) => names?.has(name)) ? [] : [typeUrl];
    });
  }

  close(): void {
    clearTimeout(this.#draining);
  }

  /** Sends what is due and may go, in the order of `ADD_ORDER`; then, when all of it is taken, removes what is left over. */
  #advance(): void {
    if (!this.#snapshot) return;
    for (const typeUrl of inAddOrder(this.#subscriptions.keys())) {
      const subscription = this.#subscriptions.get(typeUrl);
      if (!subscription || !this.#isToBeSent(subscription)) continue;
      if (namesClusters(typeUrl) && this.#clustersOpen()) continue;
      if (!this.#isHeldBack(subscription)) this.#send(subscription);
    }
    this.#considerRemoval();
  }

  #clustersAt(version: string): readonly ServedResource[] {
    return this.#ports.memory.clusters.get(version) ?? this.#ports.clustersAt(version) ?? [];
  }

  #isToBeSent(subscription: Subscription): boolean {
    const { resources, version } = this.#answer(subscription);
    // A name that does not exist is not answered in the state-of-the-world protocol; only full state says what is not there.
    if (resources.length === 0 && !isFullState(subscription.typeUrl)) return false;
    return isDue(subscription, version);
  }

  /** Clusters or endpoints are under way: Envoy ACKs clusters only once they are warm, so endpoints do not wait for them. */
  #clustersOpen(): boolean {
    return [XDS_TYPES.CDS, XDS_TYPES.EDS].some((typeUrl) => {
      const subscription = this.#subscriptions.get(typeUrl);
      return subscription && (subscription.ack.kind === 'pending' || this.#isToBeSent(subscription));
    });
  }

  /** A node that serves keeps the listeners and routes that it has when it refused clusters or endpoints that new ones may name. */
  #isHeldBack({ typeUrl, heldVersion }: Subscription): boolean {
    if (!namesClusters(typeUrl) || heldVersion === '') return false;
    return [XDS_TYPES.CDS, XDS_TYPES.EDS].some((type) => this.#subscriptions.get(type)?.ack.kind === 'nacked');
  }

  #answer(subscription: Subscription): Answer {
    const resources = this.#snapshot?.resources.get(subscription.typeUrl) ?? [];
    if (subscription.typeUrl !== XDS_TYPES.CDS || this.#removing === 'now') return answerFor(subscription, resources);
    const names = new Set(resources.map(({ name }) => name));
    return answerFor(subscription, [...resources, ...this.#clusters.filter(({ name }) => !names.has(name))]);
  }

  #send(subscription: Subscription): void {
    const answer = this.#answer(subscription);
    this.#nonces += 1;
    const nonce = String(this.#nonces);
    const { memory, bytes } = this.#ports;
    this.#lastAnswers.set(answer.typeUrl, answer);
    if (answer.typeUrl === XDS_TYPES.CDS) {
      memory.clusters.set(answer.version, answer.resources);
      if (memory.clusters.size > KEPT_VERSIONS) memory.clusters.delete(memory.clusters.keys().next().value ?? '');
    }
    if (answer.typeUrl === XDS_TYPES.LDS && subscription.heldVersion !== '') this.#listenersChanged = true;
    this.#subscriptions.set(answer.typeUrl, onSent(subscription, answer.version, nonce));
    this.#ports.onSent(answer, nonce);
    this.#ports.send(withNonce(bytes.bodyOf(answer), nonce));
  }

  #considerRemoval(): void {
    if (this.#removing !== 'not-yet') return;
    // After a reconnect the requests come one by one: what was subscribed to before may still name the clusters.
    const complete = [...this.#ports.memory.typeUrls].every((typeUrl) => this.#subscriptions.has(typeUrl));
    const settled =
      complete &&
      [...this.#subscriptions.values()].every(
        (subscription) =>
          subscription.ack.kind !== 'pending' && subscription.ack.kind !== 'nacked' && !this.#isToBeSent(subscription),
      );
    if (!settled) return;
    const kept = new Set(this.#snapshot?.resources.get(XDS_TYPES.CDS)?.map(({ name }) => name));
    const leftOver = this.#clusters.some(({ name }) => !kept.has(name));
    if (!leftOver || !this.#listenersChanged) {
      this.#remove();
      return;
    }
    this.#removing = 'draining';
    this.#draining = setTimeout(() => this.#remove(), this.#ports.drainMs).unref();
  }

  #remove(): void {
    this.#removing = 'now';
    this.#advance();
  }

  #remember({ typeUrl, ack }: Subscription): void {
    if (ack.kind !== 'nacked') return;
    this.#ports.memory.refused.set(typeUrl, {
      typeUrl,
      version: ack.version,
      errorDetail: ack.reason,
      resourceNames: this.#lastAnswers.get(typeUrl)?.resources.map(({ name }) => name) ?? [],
    });
  }
}
