import type { SotwRequest } from './discovery-requests.ts';
import type { NameSet, NameSets } from './name-set.ts';
import { EMPTY, type Selection } from './selection.ts';
import { newSubscription, onAck, onNack, type Subscription, type Taken, withMore } from './subscription.ts';
import { isFullState } from './xds-types.ts';

export type SotwPorts = {
  readonly nameSets: NameSets;
  /** What a version stands for that a node claims to hold; undefined: nobody knows. */
  readonly heldAt: (typeUrl: string, names: NameSet, version: string) => Selection | undefined;
};

/**
 * Takes a state-of-the-world request. A request with the nonce of an older answer is stale: another one that says what it asks for now
 * is on its way. Only what it gave up is noted, since it may ask for that again in the next. Throws `TooManyNames`.
 */
export function onSotwRequest(
  before: Subscription | undefined,
  typeUrl: string,
  request: SotwRequest,
  ports: SotwPorts,
): Taken {
  const { versionInfo, responseNonce, errorDetail } = request;
  if (!before) {
    const names = namesOf(typeUrl, request, undefined, ports.nameSets);
    const held = versionInfo === '' ? EMPTY : (ports.heldAt(typeUrl, names, versionInfo) ?? EMPTY);
    const start = { typeUrl, variant: 'sotw', names, held, heldVersion: versionInfo } as const;
    return { meaning: 'first', subscription: newSubscription(start) };
  }
  const names = namesOf(typeUrl, request, before, ports.nameSets);
  if (before.nonce !== undefined && responseNonce !== before.nonce)
    return { meaning: 'stale', subscription: withGivenUp(before, names) };
  const more = before.names !== names && hasMore(before.names, names);
  if (errorDetail !== undefined) return { meaning: 'nack', subscription: onNack(before, names, errorDetail) };
  if (before.pending) {
    const acked = onAck(before, names);
    return { meaning: 'ack', subscription: more && isFullState(typeUrl) ? { ...acked, askedAgain: true } : acked };
  }
  // What is newly asked for is sent even if the node was sent it before; the full state has to be sent for that.
  const askedAgain = before.askedAgain || (isFullState(typeUrl) ? more : before.names === names);
  return {
    meaning: 'subscribe',
    subscription: { ...before, names, held: before.held.within(names), askedAgain },
  };
}

/** Without names, a type with wildcards is asked for as a whole, until some were named: from then on it is not asked for. */
function namesOf(
  typeUrl: string,
  { rawNames }: SotwRequest,
  before: Subscription | undefined,
  sets: NameSets,
): NameSet {
  if (rawNames.length === 0)
    return isFullState(typeUrl) && (!before || before.names.unspoken) ? sets.everything : sets.nothing;
  return before?.names.raw?.equals(rawNames) ? before.names : sets.ofRaw(rawNames);
}

function withGivenUp(before: Subscription, names: NameSet): Subscription {
  if (names === before.names) return before;
  const dropped = [...before.names.names].filter((name) => !names.names.has(name));
  if (dropped.length === 0) return before;
  return before.pending
    ? { ...before, again: withMore(before.again, dropped) }
    : { ...before, held: before.held.doubting(dropped, false) };
}

function hasMore(before: NameSet, after: NameSet): boolean {
  for (const name of after.names) if (!before.names.has(name)) return true;
  return after.all && !before.all;
}
