import type { NodeSession } from './node-session.ts';
import type { Slot } from './slot.ts';
import { type AckState, ackStateOf } from './subscription.ts';
import type { TypeHistory } from './type-history.ts';
import { inAddOrder, isFullState, XDS_TYPES } from './xds-types.ts';

export type Nack = {
  readonly typeUrl: string;
  readonly version: string;
  /** Envoy's own words. */
  readonly errorDetail: string;
  /** What the refused answer held. */
  readonly resourceNames: readonly string[];
};

/** What became of a snapshot at a node. `silent`: these types were not answered, not asked for, or nobody is connected. */
export type Applied =
  | { readonly kind: 'acked' }
  | { readonly kind: 'nacked'; readonly nacks: readonly Nack[] }
  | { readonly kind: 'silent'; readonly types: readonly string[] };

export type Histories = ReadonlyMap<string, TypeHistory>;

const ACKED = { kind: 'acked' } as const;

/**
 * How far a node is with what is served. `quiet`: it has asked for what it wants, so that resources which are there to be asked for
 * by name, and which it did not ask for, are not waited for any longer. `awaitsDrain`: it is not done before what goes away has gone, replaced
 * listeners included.
 */
export function appliedBy(session: NodeSession, served: Histories, quiet: boolean, awaitsDrain: boolean): Applied {
  const types = waitingTypes(session, served);
  if (types.length > 0) return { kind: 'silent', types };
  const nacks = nacksOf(session);
  if (nacks.length > 0) return { kind: 'nacked', nacks };
  if (session.isRemoving && (awaitsDrain || !session.isDraining)) return { kind: 'silent', types: [XDS_TYPES.CDS] };
  const unasked = quiet ? [] : unaskedTypes(session, served);
  return unasked.length > 0 ? { kind: 'silent', types: unasked } : ACKED;
}

/** By type URL; of a type with several streams, that which is furthest from done. */
export function ackStates({ slots }: NodeSession): ReadonlyMap<string, AckState> {
  const states = new Map<string, AckState>();
  for (const { subscription } of slots) {
    const state = ackStateOf(subscription);
    const other = states.get(subscription.typeUrl);
    if (!other || DISTANCE[state.kind] > DISTANCE[other.kind]) states.set(subscription.typeUrl, state);
  }
  return states;
}

const DISTANCE: Readonly<Record<AckState['kind'], number>> = { acked: 0, unsent: 1, nacked: 2, pending: 3 };

/** Types that wait for an ACK, for being sent, or (those with a full state) for being asked for. */
function waitingTypes(session: NodeSession, served: Histories): string[] {
  const types = new Set<string>();
  for (const slot of session.slots) if (isOpen(session, slot)) types.add(slot.subscription.typeUrl);
  for (const [typeUrl, history] of served)
    if (isFullState(typeUrl) && history.now.resources.length > 0 && !isSubscribed(session, typeUrl)) types.add(typeUrl);
  return types.size === 0 ? [] : inAddOrder(types);
}

const isOpen = (session: NodeSession, slot: Slot): boolean =>
  slot.subscription.pending !== undefined || (session.due(slot) !== undefined && !session.isHeldBack(slot));

const isSubscribed = ({ slots }: NodeSession, typeUrl: string): boolean =>
  slots.some(({ subscription }) => subscription.typeUrl === typeUrl);

const nacksOf = ({ slots }: NodeSession): Nack[] =>
  slots.flatMap(({ subscription: { typeUrl, refusals } }) =>
    refusals.map(({ version, reason, resourceNames }) => ({ typeUrl, version, errorDetail: reason, resourceNames })),
  );

/** Types with resources that are there to be asked for by name and that the node has not asked for. */
function unaskedTypes({ slots }: NodeSession, served: Histories): string[] {
  const types: string[] = [];
  for (const [typeUrl, { now }] of served) {
    if (now.resources.length === 0) continue;
    const asked = slots.flatMap(({ subscription }) => (subscription.typeUrl === typeUrl ? [subscription.names] : []));
    const all =
      asked.length <= 1
        ? now.isAskedFor(asked[0])
        : now.resources.every(({ name }) => asked.some(({ all: any, names }) => any || names.has(name)));
    if (!all) types.push(typeUrl);
  }
  return types;
}
