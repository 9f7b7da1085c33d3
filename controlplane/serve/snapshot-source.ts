import type { Snapshot } from '../../render/snapshot.ts';

/** What there is to serve at one moment. */
export type Offer =
  | { readonly kind: 'snapshot'; readonly version: string; readonly snapshot: Snapshot }
  /** Nothing was ever put there. */
  | { readonly kind: 'empty'; readonly version: string }
  /** Something is there that is not to be served, and why. */
  | { readonly kind: 'unusable'; readonly version: string; readonly problem: string };

/** Where a control plane has its snapshot from. Rejects, in words for people, when it cannot tell. */
export type SnapshotSource = {
  /** For people; holds no secret. */
  readonly name: string;
  read(signal: AbortSignal): Promise<Offer>;
  /** What was there before, newest first: nodes may still hold it. Whoever cannot tell gives what there is. */
  earlier(limit: number, signal: AbortSignal): Promise<readonly Snapshot[]>;
  /** Yields whenever it is no longer at `known`, until aborted; outages are waited out. */
  watch(known: string | undefined, signal: AbortSignal): AsyncIterable<Offer>;
};
