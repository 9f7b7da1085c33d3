import type { NameSet } from './name-set.ts';
import type { Variant } from './response-frame.ts';
import { EMPTY, type Selection } from './selection.ts';
import { isNothing, type Step, type Steps } from './step.ts';
import { isFullState } from './xds-types.ts';

/** What is known of one type at one node, for people. `version` is that of the answer in question. */
export type AckState =
  | { readonly kind: 'unsent' }
  | { readonly kind: 'pending'; readonly version: string; readonly nonce: string }
  | { readonly kind: 'acked'; readonly version: string }
  | { readonly kind: 'nacked'; readonly version: string; readonly reason: string };

/** An answer that a node refused. */
export type Refusal = {
  readonly version: string;
  /** Envoy's own words. */
  readonly reason: string;
  /** Versions by name, of what the answer held; empty for what it took away. */
  readonly sent: ReadonlyMap<string, string>;
  /** The names of the resources in it. */
  readonly resourceNames: readonly string[];
};

/** One type on one stream: what is asked for, what is held, and what is under way. Immutable. */
export type Subscription = {
  readonly typeUrl: string;
  readonly variant: Variant;
  readonly names: NameSet;
  /** What the node took, or claims to hold from an earlier stream. */
  readonly held: Selection;
  /** The version of that, as the node knows it; empty: it holds nothing. */
  readonly heldVersion: string;
  /** The nonce of the last answer on this stream; undefined before the first. */
  readonly nonce: string | undefined;
  /** The answer that the node has not answered yet. There is one at most: what changes meanwhile waits, and only the newest is sent. */
  readonly pending: Step | undefined;
  /** It asked again for what it was sent already, as Envoy does for the endpoints of a cluster that changed: answer once more. */
  readonly askedAgain: boolean;
  /** Names that it may have forgotten while an answer was under way. */
  readonly again: readonly string[];
  /** Names that it has and needs once more, said while an answer was under way. */
  readonly anew: readonly string[];
  readonly refusals: readonly Refusal[];
};

/** `first` opens a subscription; `ack` and `nack` answer the last answer, `stale` an older one; `subscribe` changes names. */
export type RequestMeaning = 'first' | 'ack' | 'nack' | 'subscribe' | 'stale';

export type Taken = { readonly meaning: RequestMeaning; readonly subscription: Subscription };

const NOTHING_AGAIN: readonly string[] = [];
const NO_REFUSALS: readonly Refusal[] = [];

export const newSubscription = (
  start: Pick<Subscription, 'typeUrl' | 'variant' | 'names' | 'held' | 'heldVersion'>,
): Subscription => ({
  ...start,
  nonce: undefined,
  pending: undefined,
  askedAgain: false,
  again: NOTHING_AGAIN,
  anew: NOTHING_AGAIN,
  refusals: NO_REFUSALS,
});

/** An answer with `step` went out. Pure. */
export const onSent = (before: Subscription, step: Step, nonce: string): Subscription => ({
  ...before,
  nonce,
  pending: step,
  askedAgain: false,
});

/** The node took the answer that was under way. Pure. */
export function onAck(before: Subscription, names: NameSet): Subscription {
  const { pending } = before;
  if (!pending) return { ...before, names };
  return {
    ...before,
    names,
    pending: undefined,
    held: pending.after
      .within(names)
      .doubting(asked(names, before.again), false)
      .doubting(asked(names, before.anew), true),
    heldVersion: pending.to.version,
    again: NOTHING_AGAIN,
    anew: NOTHING_AGAIN,
  };
}

/** The node refused it, and holds what it held. Pure. */
export function onNack(before: Subscription, names: NameSet, reason: string): Subscription {
  const { pending } = before;
  if (!pending) return { ...before, names };
  const sent = new Map(pending.resources.map(({ name, version }) => [name, version]));
  for (const name of pending.removed) sent.set(name, '');
  const resourceNames = pending.resources.map(({ name }) => name);
  const refusal = { version: pending.to.version, reason, sent, resourceNames };
  return {
    ...before,
    names,
    pending: undefined,
    held: isGuessed(before)
      ? EMPTY
      : before.held.within(names).doubting(asked(names, before.again), false).doubting(asked(names, before.anew), true),
    again: NOTHING_AGAIN,
    anew: NOTHING_AGAIN,
    refusals: [...before.refusals, refusal],
  };
}

/** Each name once, however often a node says it before it answers. */
export const withMore = (names: readonly string[], more: readonly string[]): readonly string[] =>
  more.length === 0 ? names : [...new Set([...names, ...more])];

/** It is to be told of `names` once more, as far as it asks for them, and has them until then. Pure. */
export function withAnew(before: Subscription, names: readonly string[]): Subscription {
  if (names.length === 0) return before;
  if (before.pending) return { ...before, anew: withMore(before.anew, names) };
  return { ...before, held: before.held.doubting(asked(before.names, names), true) };
}

/** Those of `names` that are asked for. */
export const asked = ({ all, names: known }: NameSet, names: readonly string[]): readonly string[] =>
  all || names.length === 0 ? names : names.filter((name) => known.has(name));

/**
 * Without refusals of what is no longer what the node is to hold. A node may have taken parts of what it refused, so that what it
 * holds of those names is not known. Pure.
 */
export function withoutOldRefusals(before: Subscription, to: Selection): Subscription {
  const { refusals } = before;
  if (refusals.length === 0) return before;
  const standing = refusals.filter((one) => stands(one, before, to));
  if (standing.length === refusals.length) return before;
  const names = refusals.filter((one) => !standing.includes(one)).flatMap(({ sent }) => [...sent.keys()]);
  if (isSentInFull(before)) return { ...before, refusals: standing, askedAgain: true };
  return { ...before, refusals: standing, held: before.held.doubting(names, true).within(before.names) };
}

/**
 * The answer that is due when `to` is what the node is to hold; undefined: none. Not while one is under way, not what the node
 * holds, and never what it refused until something in it changes: it would refuse it again.
 */
export function dueStep(subscription: Subscription, to: Selection, steps: Steps): Step | undefined {
  const { variant, held, heldVersion, nonce, askedAgain, refusals } = subscription;
  if (subscription.pending) return undefined;
  const untold = nonce === undefined && heldVersion === '' && refusals.length === 0;
  if (isSentInFull(subscription)) {
    // An answer that holds nothing lets a node that asked for the first time go on.
    const due = refusals.length === 0 && (untold || askedAgain || heldVersion !== to.version);
    return due ? steps.between(held, to) : undefined;
  }
  const whole = steps.between(askedAgain ? EMPTY : held, to);
  const refused = refusals.flatMap(({ sent }) => [...sent.keys()]);
  const step = refused.length === 0 ? whole : steps.without(whole, new Set(refused), held);
  if (!isNothing(step)) return step;
  return variant === 'delta' && untold && subscription.names.all ? step : undefined;
}

/** With what the node refused on an earlier stream. Pure. */
export const withRefusals = (before: Subscription, refusals: readonly Refusal[]): Subscription =>
  refusals.length === 0 ? before : { ...before, refusals, held: isGuessed(before) ? EMPTY : before.held };

/** It was not known what the version stands for that the node claimed: what it refused may be in it for that reason alone. */
export const isGuessed = (subscription: Subscription): boolean =>
  isSentInFull(subscription) && subscription.held.version !== subscription.heldVersion;

const isSentInFull = ({ variant, typeUrl }: Subscription): boolean => variant === 'sotw' && isFullState(typeUrl);

/** Nothing of what was refused has changed since, and all of it is asked for still: without one part the rest may be taken. */
function stands({ version, sent }: Refusal, subscription: Subscription, to: Selection): boolean {
  if (isSentInFull(subscription)) return to.version === version;
  const { names } = subscription;
  for (const [name, refused] of sent) {
    if (!names.all && !names.names.has(name)) return false;
    if ((to.entries.get(name)?.version ?? '') !== refused) return false;
  }
  return true;
}

export function ackStateOf({ pending, nonce, refusals, heldVersion }: Subscription): AckState {
  if (pending && nonce !== undefined) return { kind: 'pending', version: pending.to.version, nonce };
  const refusal = refusals.at(-1);
  if (refusal) return { kind: 'nacked', version: refusal.version, reason: refusal.reason };
  return heldVersion === '' ? { kind: 'unsent' } : { kind: 'acked', version: heldVersion };
}
