import type { DiscoveryRequest } from './discovery-messages.ts';
import { isFullState } from './xds-types.ts';

/** What is known of one type on one stream. `version` is that of the answer in question. */
export type AckState =
  | { readonly kind: 'unsent' }
  | { readonly kind: 'pending'; readonly version: string; readonly nonce: string }
  | { readonly kind: 'acked'; readonly version: string }
  | { readonly kind: 'nacked'; readonly version: string; readonly reason: string };

export type Subscription = {
  readonly typeUrl: string;
  /** `all`: everything of the type, which only full-state types can ask for. */
  readonly names: ReadonlySet<string> | 'all';
  /** The nonce of the last answer on this stream; undefined before the first. */
  readonly nonce: string | undefined;
  readonly ack: AckState;
  /** The last version that the node took, on this stream or, as it claims, on an earlier one; empty: it holds nothing. */
  readonly heldVersion: string;
  /** It asked again for what it was sent already, as Envoy does for the endpoints of a cluster that changed: answer once more. */
  readonly askedAgain: boolean;
};

export type RequestMeaning = 'first' | 'ack' | 'nack' | 'subscribe' | 'stale';

/**
 * Takes one request of a node. Pure. A request with the nonce of an older answer is stale and changes nothing: another one that
 * says the same about the newest answer is on its way.
 */
export function onRequest(
  before: Subscription | undefined,
  request: DiscoveryRequest,
): { readonly meaning: RequestMeaning; readonly subscription: Subscription } {
  const { typeUrl, versionInfo, responseNonce, errorDetail } = request;
  const names = namesOf(request, before);
  if (!before) {
    const ack: AckState = versionInfo === '' ? { kind: 'unsent' } : { kind: 'acked', version: versionInfo };
    const first = { typeUrl, names, nonce: undefined, ack, heldVersion: versionInfo, askedAgain: false };
    return { meaning: 'first', subscription: first };
  }
  if (before.nonce !== undefined && responseNonce !== before.nonce) return { meaning: 'stale', subscription: before };
  const { ack } = before;
  if (errorDetail !== undefined) {
    const version = ack.kind === 'unsent' ? '' : ack.version;
    return {
      meaning: 'nack',
      subscription: { ...before, names, ack: { kind: 'nacked', version, reason: errorDetail } },
    };
  }
  if (ack.kind === 'pending') {
    const acked: AckState = { kind: 'acked', version: ack.version };
    return { meaning: 'ack', subscription: { ...before, names, ack: acked, heldVersion: ack.version } };
  }
  const askedAgain = before.askedAgain || (!isFullState(typeUrl) && sameNames(before.names, names));
  return { meaning: 'subscribe', subscription: { ...before, names, askedAgain } };
}

/** An answer with `version` went out. Pure. */
export const onSent = (before: Subscription, version: string, nonce: string): Subscription => ({
  ...before,
  nonce,
  askedAgain: false,
  ack: { kind: 'pending', version, nonce },
});

/**
 * Whether an answer of `version` is to be sent. Not while one is under way, not what the node holds, and never a version that it
 * refused: it would refuse it again.
 */
export function isDue({ ack, askedAgain, heldVersion }: Subscription, version: string): boolean {
  switch (ack.kind) {
    case 'pending':
      return false;
    case 'nacked':
      return ack.version !== version;
    case 'unsent':
      return true;
    case 'acked':
      return askedAgain || heldVersion !== version;
    default:
      return ack satisfies never;
  }
}

/** Without names a full-state type asks for everything, unless it has named some before: then it wants none of it any more. */
function namesOf(
  { typeUrl, resourceNames }: DiscoveryRequest,
  before: Subscription | undefined,
): Subscription['names'] {
  if (!isFullState(typeUrl)) return new Set(resourceNames);
  if (resourceNames.includes('*')) return 'all';
  if (resourceNames.length === 0 && (!before || before.names === 'all')) return 'all';
  return new Set(resourceNames);
}

const sameNames = (a: Subscription['names'], b: Subscription['names']): boolean =>
  a === b || (a !== 'all' && b !== 'all' && a.size === b.size && [...a].every((name) => b.has(name)));
