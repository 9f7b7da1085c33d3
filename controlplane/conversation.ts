/** One message of the xDS conversation, as kept for reports and assertions. */
export type ConversationEntry =
  | {
      readonly kind: 'request';
      readonly atMs: number;
      readonly nodeId: string;
      readonly typeUrl: string;
      /** In a delta: those that it subscribes to. */
      readonly resourceNames: readonly string[];
      /** In a delta: those that it is not interested in any more. */
      readonly unsubscribed?: readonly string[];
      readonly versionInfo: string;
      readonly responseNonce: string;
      /** `first`: opens the subscription; `ack` and `nack` answer the last response; `subscribe` changes names; `stale` answers an older one. */
      readonly meaning: 'first' | 'ack' | 'nack' | 'subscribe' | 'stale';
      /** Envoy's own words, for a NACK. */
      readonly errorDetail?: string;
    }
  | {
      readonly kind: 'response';
      readonly atMs: number;
      readonly nodeId: string;
      readonly typeUrl: string;
      readonly resourceNames: readonly string[];
      /** In a delta: those that do not exist (any more). */
      readonly removed?: readonly string[];
      readonly versionInfo: string;
      readonly nonce: string;
    }
  | { readonly kind: 'opened' | 'closed'; readonly atMs: number; readonly nodeId: string; readonly reason?: string };
