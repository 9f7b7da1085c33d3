import type { DeltaRequest } from './discovery-requests.ts';
import type { NameSet, NameSets } from './name-set.ts';
import { EMPTY, type Entry, Selection } from './selection.ts';
import { asked, newSubscription, onAck, onNack, type Subscription, type Taken, withMore } from './subscription.ts';
import { isFullState } from './xds-types.ts';

export type DeltaPorts = {
  readonly nameSets: NameSets;
  /** What is served now for a type: a node that holds just this holds the same object. */
  readonly served: (typeUrl: string, names: NameSet) => Selection;
};

/**
 * Takes a delta request. Its nonce tells an ACK or a NACK; what it says of names counts whatever the nonce. Throws `TooManyNames`.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 */
export function onDeltaRequest(
  before: Subscription | undefined,
  typeUrl: string,
  request: DeltaRequest,
  ports: DeltaPorts,
): Taken {
  const { subscribe, unsubscribe, responseNonce, errorDetail } = request;
  if (!before) {
    ports.nameSets.limit(request.initialVersions.size);
    const unspoken = isFullState(typeUrl) && subscribe.length === 0 && unsubscribe.length === 0;
    const start = unspoken ? ports.nameSets.everything : ports.nameSets.nothing;
    const names = ports.nameSets.changed(start, subscribe, unsubscribe);
    const held = heldBy(request, ports.served(typeUrl, names)).within(names);
    const heldVersion = held === EMPTY || held.entries.size === 0 ? '' : held.version;
    const first = newSubscription({ typeUrl, variant: 'delta', names, held, heldVersion });
    return { meaning: 'first', subscription: first };
  }
  const names = ports.nameSets.changed(before.names, subscribe, unsubscribe);
  const again = saidAgain(before, request, names.all);
  const answers = responseNonce !== '' && responseNonce === before.nonce && before.pending !== undefined;
  if (!answers) {
    const changed = names === before.names && again.length === 0 ? before : withAgain(before, names, again, ports);
    const isStale = responseNonce !== '' && changed === before;
    return { meaning: isStale ? 'stale' : 'subscribe', subscription: changed };
  }
  const noted = again.length === 0 ? before : { ...before, again: withMore(before.again, again) };
  if (errorDetail !== undefined) return { meaning: 'nack', subscription: onNack(noted, names, errorDetail) };
  return { meaning: 'ack', subscription: onAck(noted, names) };
}

/** Who says names by the thousand and never takes an answer is not to fill the memory: what it gave up is forgotten, and the rest has a limit. */
function withAgain(
  before: Subscription,
  names: NameSet,
  said: readonly string[],
  { nameSets, served }: DeltaPorts,
): Subscription {
  if (before.pending) {
    const again = asked(names, withMore(before.again, said));
    nameSets.limit(again.length);
    return { ...before, names, again };
  }
  const held = before.held.within(names).doubting(asked(names, said), false);
  if (names.all && said.length > 0) nameSets.limit(held.entries.size - served(before.typeUrl, names).entries.size);
  return { ...before, names, held };
}

/**
 * Names of which a node is to be told whatever it was told before: those that it subscribes to, which it may have forgotten, and
 * those that it named beside a wildcard and names no longer, since it cannot know whether the wildcard covers them.
 */
function saidAgain(before: Subscription, { subscribe, unsubscribe }: DeltaRequest, all: boolean): readonly string[] {
  const dropped = all ? unsubscribe.filter((name) => before.names.names.has(name)) : [];
  const named = subscribe.filter((name) => name !== '*');
  return dropped.length === 0 ? named : [...named, ...dropped];
}

/** What it says that it holds; the object that is served when that is the same. */
function heldBy({ initialVersions }: DeltaRequest, served: Selection): Selection {
  if (initialVersions.size === 0) return EMPTY;
  let same = served.absent.size === 0 && initialVersions.size === served.entries.size;
  const entries = new Map<string, Entry>();
  for (const [name, version] of initialVersions) {
    const entry = served.entries.get(name);
    const isServed = entry?.version === version;
    if (!isServed) same = false;
    entries.set(name, isServed ? entry : { name, version });
  }
  return same ? served : new Selection(entries);
}
