import type { Connection } from '../grpc/connection.ts';
import type { ResponseFrame, Variant } from './response-frame.ts';
import type { Subscription } from './subscription.ts';

/** One stream of a node, as what is served is written to it. */
export type Channel = {
  readonly variant: Variant;
  /** The one type of a stream of its own; undefined: aggregated. */
  readonly typeUrl: string | undefined;
  /** What it is on, for people and for making way. */
  readonly connection?: Connection | undefined;
  readonly send: (frame: ResponseFrame, nonce: string) => void;
  /** The peer reads more slowly than it is written to: it is sent more when it has caught up. */
  readonly isFull: () => boolean;
};

/** One subscription, and the stream that it is on. */
export type Slot = {
  readonly channel: Channel;
  subscription: Subscription;
  /** The snapshot of which the node has all that it is to have of this type; -1: none yet. */
  taken: number;
  /** The snapshot of which it was sent what is under way. */
  sent: number;
};
