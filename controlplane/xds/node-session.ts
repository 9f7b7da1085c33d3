import { onDeltaRequest } from './delta-requests.ts';
import type { DeltaRequest, SotwRequest } from './discovery-requests.ts';
import { ExpectedTypes } from './expected-types.ts';
import type { NameSet, NameSets } from './name-set.ts';
import { forgetRefusals, keepHeld, keepRefusals, type NodeMemory, recalledRefusals } from './node-memory.ts';
import { Removal, type RemovalPorts } from './removal.ts';
import { nonceOf } from './response-frame.ts';
import { EMPTY, type Selection } from './selection.ts';
import type { Channel, Slot } from './slot.ts';
import { onSotwRequest } from './sotw-requests.ts';
import type { Step } from './step.ts';
import {
  dueStep,
  onSent,
  type RequestMeaning,
  type Subscription,
  withAnew,
  withoutOldRefusals,
  withRefusals,
} from './subscription.ts';
import type { TypeHistory } from './type-history.ts';
import { warmedAnew } from './warmed-anew.ts';
import {
  addRank,
  isFullState,
  isNamedByOthers,
  isNaming,
  isWarmedWith,
  NAMING_TYPES,
  namesClusters,
  XDS_TYPES,
} from './xds-types.ts';

export type SessionPorts = RemovalPorts & {
  /** How many snapshots were served so far; 0: there is nothing to serve yet. */
  readonly serial: () => number;
  readonly historyOf: (typeUrl: string) => TypeHistory;
  /** Types of which something is served. */
  readonly servedTypes: () => readonly string[];
  readonly nameSets: NameSets;
  readonly memory: NodeMemory;
  /** Before what it makes due is sent. */
  readonly onReceived: (typeUrl: string, request: SotwRequest | DeltaRequest, meaning: RequestMeaning) => void;
  readonly onSent: (step: Step, nonce: string) => void;
};

/**
 * The streams of one node: what it subscribed to, what it holds, and what it is to be sent next, so that nothing that a node uses is
 * ever missing. What goes away stays until the node has taken listeners and routes that do not name it. That is so for streams of
 * their own too, as far as they can be kept in step.
 */
export class NodeSession {
  readonly #ports: SessionPorts;
  /** In the order of `ADD_ORDER`. */
  #slots: Slot[] = [];
  #nonces = 0;
  readonly #removal: Removal;
  readonly #expected: ExpectedTypes;
  /** The snapshot that it was told of last; -1: none yet. */
  #begun = -1;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#removal = new Removal(ports, () => this.advance());
    this.#expected = new ExpectedTypes(
      ports.memory.typeUrls,
      (typeUrl) => this.#slots.some(({ subscription }) => subscription.typeUrl === typeUrl),
      () => this.advance(),
    );
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Whether what goes away has gone. */
  get isRemoving(): boolean {
    return !this.#removal.isNow;
  }

  /** It has taken all that is served; what goes away waits for listeners that were replaced, and for nothing else. */
  get isDraining(): boolean {
    return this.#removal.isDraining;
  }

  /** Something else is served, or an Envoy came that may hold something else (`isNew`). */
  begin(isNew: boolean): void {
    const { historyOf, serial } = this.#ports;
    // Hosts come and go many times a second and name nothing: what goes away need not wait for them.
    if (isNew || NAMING_TYPES.some((typeUrl) => historyOf(typeUrl).since > this.#begun)) this.#removal.begin();
    this.#begun = serial();
    // A node that came before there was anything to serve: only now it may be known what it holds.
    for (const slot of this.#slots) {
      const { typeUrl, names, held, heldVersion, nonce, refusals } = slot.subscription;
      if (held !== EMPTY || heldVersion === '' || nonce !== undefined || refusals.length > 0) continue;
      const known = this.#heldAt(typeUrl, names, heldVersion);
      if (known) slot.subscription = { ...slot.subscription, held: known };
    }
    this.advance();
  }

  /** Takes a request, answers what is due. Throws `TooManyNames`. */
  receive(channel: Channel, typeUrl: string, request: SotwRequest | DeltaRequest): void {
    const { historyOf, nameSets, memory } = this.#ports;
    const before = this.#slots.find((one) => one.channel === channel && one.subscription.typeUrl === typeUrl);
    const { meaning, subscription } =
      request.variant === 'sotw'
        ? onSotwRequest(before?.subscription, typeUrl, request, {
            nameSets,
            heldAt: (type, names, version) => this.#heldAt(type, names, version),
          })
        : onDeltaRequest(before?.subscription, typeUrl, request, {
            nameSets,
            served: (type, names) => historyOf(type).now.select(names),
          });
    const namesBefore = before?.subscription.names;
    const slot = before ?? this.#open(channel, subscription);
    slot.subscription = meaning === 'first' ? this.#opened(subscription) : subscription;
    memory.typeUrls.add(typeUrl);
    if (meaning === 'first') this.#expected.opened(channel.typeUrl === undefined);
    this.#ports.onReceived(typeUrl, request, meaning);
    if (before && namesBefore !== slot.subscription.names) slot.taken = -1;
    else if (meaning === 'ack') slot.taken = Math.max(slot.taken, slot.sent);
    if (meaning === 'ack' || meaning === 'nack') keepRefusals(memory, typeUrl, this.#subscriptionsOf(typeUrl));
    if (meaning !== 'stale') this.advance();
  }

  /** A stream ended. */
  drop(channel: Channel): void {
    for (const slot of this.#slots) if (slot.channel === channel) keepHeld(this.#ports.memory, slot.subscription);
    this.#slots = this.#slots.filter((slot) => slot.channel !== channel);
    if (this.#slots.length === 0) this.close();
  }

  /** A type of which the node has no stream any more, though it has others: it names nothing. */
  giveUp(typeUrl: string): void {
    if (this.#slots.length > 0) this.#expected.giveUp(typeUrl);
  }

  close(): void {
    this.#removal[Symbol.dispose]();
    this.#expected[Symbol.dispose]();
  }

  /** Sends what is due and may go, in the order of `ADD_ORDER`; then, when all of it is taken, removes what is left over. */
  advance(): void {
    const serial = this.#ports.serial();
    // Nothing is served yet; or some timer ended before it was told of another snapshot: what goes away with that one would go at once.
    if (this.#begun !== serial) return;
    for (const slot of this.#slots) {
      if (slot.subscription.pending) continue;
      if (slot.subscription.refusals.length > 0)
        slot.subscription = withoutOldRefusals(slot.subscription, this.#wanted(slot.subscription));
      if (slot.channel.isFull()) continue;
      const step = this.due(slot);
      if (!step) {
        slot.taken = serial;
        continue;
      }
      if (namesClusters(step.typeUrl) && this.#waitsForClusters(step.typeUrl)) continue;
      if (!this.isHeldBack(slot)) this.#send(slot, step);
    }
    this.#considerRemoval();
  }

  /** What a slot is to be sent next, and may be waiting for. */
  due({ subscription }: Slot): Step | undefined {
    if (subscription.pending) return undefined;
    const history = this.#ports.historyOf(subscription.typeUrl);
    return dueStep(subscription, this.#wanted(subscription), history.steps(subscription.variant));
  }

  /** A node that serves keeps the listeners and routes that it has when it refused clusters or endpoints that new ones may name. */
  isHeldBack({ subscription: { typeUrl, heldVersion } }: Slot): boolean {
    if (!namesClusters(typeUrl) || heldVersion === '') return false;
    return this.#slots.some(({ subscription }) => isCluster(subscription) && subscription.refusals.length > 0);
  }

  #open(channel: Channel, subscription: Subscription): Slot {
    const slot = { channel, subscription, taken: -1, sent: -1 };
    const place = this.#slots.findIndex((one) => addRank(one.subscription.typeUrl) > addRank(subscription.typeUrl));
    if (place === -1) this.#slots.push(slot);
    else this.#slots.splice(place, 0, slot);
    return slot;
  }

  #opened(subscription: Subscription): Subscription {
    const { memory, serial } = this.#ports;
    const { typeUrl, heldVersion } = subscription;
    if (heldVersion !== '') {
      // Before it asked, there seemed to be nothing to remove.
      if (serial() > 0 && this.#removal.isNow) this.#removal.begin();
      // A node that nobody here knows, and that holds clusters: its other requests come next, and may name them.
      if (typeUrl === XDS_TYPES.CDS && !memory.typeUrls.has(typeUrl))
        for (const served of this.#ports.servedTypes()) if (namesClusters(served)) memory.typeUrls.add(served);
      const recalled = withRefusals(subscription, recalledRefusals(memory, subscription));
      if (typeUrl !== XDS_TYPES.EDS) return recalled;
      // Clusters that are under way already.
      const sent = this.#subscriptionsOf(XDS_TYPES.CDS);
      const names = sent.flatMap((clusters) => (clusters.pending ? warmedAnew(clusters, clusters.pending) : []));
      return withAnew(recalled, names);
    }
    // An Envoy that holds nothing of a type is a new one: what an earlier one refused or asked for is not its doing.
    forgetRefusals(memory, subscription);
    if (typeUrl === XDS_TYPES.CDS) memory.typeUrls.clear();
    return subscription;
  }

  #subscriptionsOf(typeUrl: string): readonly Subscription[] {
    return this.#slots.flatMap(({ subscription }) => (subscription.typeUrl === typeUrl ? [subscription] : []));
  }

  /** A cluster that is not known to be held would be taken away too early: one too many does no harm. */
  #heldAt(typeUrl: string, names: NameSet, version: string): Selection | undefined {
    const left = this.#ports.memory.left.get(typeUrl);
    if (left?.version === version) return left.held.within(names);
    const history = this.#ports.historyOf(typeUrl);
    return history.heldAt(names, version) ?? (typeUrl === XDS_TYPES.CDS ? history.heldAtMost(names) : undefined);
  }

  #base({ typeUrl, names }: Subscription): Selection {
    return this.#ports.historyOf(typeUrl).now.select(names);
  }

  /** What it is to hold now: what is served, and for as long as something may name it what it has beside. */
  #wanted(subscription: Subscription): Selection {
    if (this.#removal.isNow) return this.#base(subscription);
    const { typeUrl, names, held } = subscription;
    const isWarming = isWarmedWith(typeUrl) && this.#isWarming();
    const base = isWarming ? this.#ports.historyOf(typeUrl).withFormer(names) : this.#base(subscription);
    return keepsWhatItHas(subscription) ? base.keeping(held) : base;
  }

  /** Clusters are under way, or may still be from an earlier stream. */
  #isWarming(): boolean {
    const isPending = ({ subscription }: Slot) => subscription.typeUrl === XDS_TYPES.CDS && subscription.pending;
    return !this.#expected.isComplete || this.#slots.some(isPending);
  }

  /**
   * The clusters or endpoints of the snapshot that made this type what it is are under way: Envoy ACKs clusters only once they are warm.
   * Later ones are not waited for: where they come faster than a node answers, it would never be sent a route.
   */
  #waitsForClusters(typeUrl: string): boolean {
    const { since } = this.#ports.historyOf(typeUrl);
    return this.#slots.some(
      (slot) =>
        isCluster(slot.subscription) &&
        slot.taken < since &&
        (slot.subscription.pending !== undefined || this.due(slot) !== undefined),
    );
  }

  #send(slot: Slot, step: Step): void {
    const { subscription, channel } = slot;
    const { typeUrl, variant, heldVersion } = subscription;
    this.#nonces += 1;
    const nonce = nonceOf(this.#nonces);
    if (typeUrl === XDS_TYPES.CDS && variant === 'sotw') this.#ports.historyOf(typeUrl).sent(step.to);
    if (typeUrl === XDS_TYPES.LDS && heldVersion !== '') this.#removal.listenersReplaced();
    slot.sent = this.#ports.serial();
    slot.subscription = onSent(subscription, step, nonce);
    if (typeUrl === XDS_TYPES.CDS) {
      const names = warmedAnew(subscription, step);
      for (const other of this.#slots)
        if (other.subscription.typeUrl === XDS_TYPES.EDS) other.subscription = withAnew(other.subscription, names);
    }
    this.#ports.onSent(step, nonce);
    channel.send(step.frame(), nonce);
  }

  #considerRemoval(): void {
    if (!this.#removal.isOpen || !this.#expected.isComplete) return;
    let isLeftOver = false;
    for (const slot of this.#slots) {
      const { subscription } = slot;
      if (subscription.refusals.length > 0) return;
      if (isNaming(subscription.typeUrl) && (subscription.pending || this.due(slot))) return;
      if (keepsWhatItHas(subscription) && this.#wanted(subscription) !== this.#base(subscription)) isLeftOver = true;
    }
    this.#removal.allTaken(isLeftOver);
  }
}

const isCluster = ({ typeUrl }: Subscription): boolean => typeUrl === XDS_TYPES.CDS || typeUrl === XDS_TYPES.EDS;

/** Only the full state and a delta can take something away at all. */
const keepsWhatItHas = ({ typeUrl, variant }: Subscription): boolean =>
  isNamedByOthers(typeUrl) && (variant === 'delta' || isFullState(typeUrl));
