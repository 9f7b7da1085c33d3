import type { Selection } from './selection.ts';
import type { Refusal, Subscription } from './subscription.ts';
import { isFullState } from './xds-types.ts';

/** What a node's streams leave for the next ones. */
export type NodeMemory = {
  /** By type URL. */
  readonly refusals: Map<string, readonly Refusal[]>;
  /** What the node subscribed to. */
  readonly typeUrls: Set<string>;
  /** By type URL: what it held when its stream ended, of types whose version does not say so. */
  readonly left: Map<string, { readonly version: string; readonly held: Selection }>;
};

export const newNodeMemory = (): NodeMemory => ({ refusals: new Map(), typeUrls: new Set(), left: new Map() });

/** The stream of `subscription` ended. What it holds is known where no answer was under way. */
export function keepHeld({ left }: NodeMemory, subscription: Subscription): void {
  const { typeUrl, variant, pending, heldVersion: version, held } = subscription;
  if (variant === 'delta' || isFullState(typeUrl)) return;
  if (pending || version === '') left.delete(typeUrl);
  else left.set(typeUrl, { version, held });
}

/** What the node refused of what `subscription` asks for, on an earlier stream. */
export const recalledRefusals = ({ refusals }: NodeMemory, subscription: Subscription): readonly Refusal[] =>
  (refusals.get(subscription.typeUrl) ?? []).filter((refusal) => concerns(refusal, subscription));

export function forgetRefusals({ refusals }: NodeMemory, subscription: Subscription): void {
  const { typeUrl } = subscription;
  const left = (refusals.get(typeUrl) ?? []).filter((refusal) => !concerns(refusal, subscription));
  if (left.length === 0) refusals.delete(typeUrl);
  else refusals.set(typeUrl, left);
}

/** What is refused now, and what streams that are not open again yet had refused. */
export function keepRefusals({ refusals }: NodeMemory, typeUrl: string, open: readonly Subscription[]): void {
  const elsewhere = (refusals.get(typeUrl) ?? []).filter((refusal) => !open.some((one) => concerns(refusal, one)));
  const kept = [...elsewhere, ...open.flatMap((one) => one.refusals)];
  if (kept.length > 0) refusals.set(typeUrl, kept);
  else refusals.delete(typeUrl);
}

const concerns = ({ sent }: Refusal, { names }: Subscription): boolean =>
  names.all || [...sent.keys()].some((name) => names.names.has(name));
