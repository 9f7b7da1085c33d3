import type { JsonObject } from '../model.ts';

export type DeliveryKind = 'slash_commands' | 'interactive' | 'events_api';
/** What the person's client shows when the app did not take it. */
export type DispatchError = 'dispatch_failed' | 'operation_timeout' | 'http_service_error' | 'http_client_error';
export type Ack =
  | { readonly kind: 'acknowledged'; readonly payload: JsonObject }
  | { readonly kind: 'failed'; readonly error: DispatchError };

/** How payloads reach the app: through Socket Mode or by signed requests. */
export type Delivery = {
  /**
   * Resolves with the app's acknowledgement, or with a failure when none came in time; events are sent again before that. `id` stays the
   * same however often it is sent. Never rejects.
   */
  deliver(kind: DeliveryKind, payload: JsonObject, id: string): Promise<Ack>;
};
