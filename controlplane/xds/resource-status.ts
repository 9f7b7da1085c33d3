import { EMPTY, IN_DOUBT, type Selection } from './selection.ts';
import { isGuessed, type Refusal, type Subscription } from './subscription.ts';
import { isFullState } from './xds-types.ts';

/**
 * How one Envoy stands with one resource. The words of `envoy.service.status.v3.ConfigStatus`, which is the control plane's view, and of
 * `envoy.admin.v3.ClientResourceStatus`, which is that of the Envoy.
 */
export type ResourceStatus = {
  readonly name: string;
  /** The hash of the content of what is served, or of what it still holds; empty: nothing is. */
  readonly version: string;
  /** The encoded resource of that version, where it is at hand. */
  readonly bytes: Uint8Array | undefined;
  /** `stale`: sent, and not answered yet. `not-sent`: it waits for its turn, or nothing of that name is there to be sent. */
  readonly config: 'synced' | 'not-sent' | 'stale' | 'error';
  /** `requested`: it has nothing of that name. `unknown`: it has another version than this, or nobody knows. */
  readonly client: 'requested' | 'does-not-exist' | 'acked' | 'nacked' | 'unknown';
  /** With `nacked`: the Envoy's own words. */
  readonly reason?: string;
};

/** Of each resource that `subscription` asks for or still holds; `served` is what is served for it now. Pure. */
export function* resourceStatuses(subscription: Subscription, served: Selection): Generator<ResourceStatus> {
  const { held, heldVersion, nonce, pending, refusals } = subscription;
  const isSure = heldVersion === '' || !isGuessed(subscription);
  // A version that nobody here knows: it has something, and nobody knows what.
  const isUnknown = !isSure || (heldVersion !== '' && held === EMPTY && nonce === undefined);
  for (const { name, version, bytes } of served.entries.values()) {
    const had = held.entries.get(name);
    const base = { name, version, bytes };
    const refusal = isSure && had?.version === version ? undefined : refusalOf(refusals, name, version);
    if (isSure && had?.version === version) yield { ...base, config: 'synced', client: 'acked' };
    else if (refusal) yield { ...base, config: 'error', client: 'nacked', reason: refusal.reason };
    else {
      const isSent = pending?.after.entries.get(name)?.version === version;
      yield { ...base, config: isSent ? 'stale' : 'not-sent', client: had || isUnknown ? 'unknown' : 'requested' };
    }
  }
  for (const name of served.absent)
    if (!held.entries.has(name)) {
      const isTold = tellsOfAbsence(subscription) && isSure && held.absent.has(name);
      yield isTold
        ? { name, version: '', bytes: undefined, config: 'synced', client: 'does-not-exist' }
        : { name, version: '', bytes: undefined, config: 'not-sent', client: isUnknown ? 'unknown' : 'requested' };
    }
  for (const { name, version, bytes } of held.entries.values())
    if (!served.entries.has(name)) {
      const refusal = refusalOf(refusals, name, '');
      // What is in doubt, and what is guessed, may not be there at all.
      const isHeld = isSure && version !== IN_DOUBT;
      const base = { name, version: isHeld ? version : '', bytes: isHeld ? bytes : undefined };
      if (refusal) yield { ...base, config: 'error', client: 'nacked', reason: refusal.reason };
      else {
        const isGoing = pending !== undefined && !pending.after.entries.has(name);
        yield { ...base, config: isGoing ? 'stale' : 'not-sent', client: isHeld ? 'acked' : 'unknown' };
      }
    }
}

/** That which refused this very version; empty: its removal. */
const refusalOf = (refusals: readonly Refusal[], name: string, version: string): Refusal | undefined =>
  refusals.findLast(({ sent }) => sent.get(name) === version);

/** A state-of-the-world answer that holds a part says nothing of what is not in it. */
const tellsOfAbsence = ({ variant, typeUrl }: Subscription): boolean => variant === 'delta' || isFullState(typeUrl);
