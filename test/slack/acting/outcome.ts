import type { Ack, DispatchError } from '../delivery/delivery.ts';
import type { Message } from '../model.ts';
import type { ConfirmDialog } from './elements.ts';

/** What a person's client made of what they did. */
export type Outcome =
  /** The app acknowledged it. `response` is what it said in the acknowledgement. */
  | { readonly kind: 'delivered'; readonly response: Message | undefined }
  /** Slack's own words under the composer or beside the button. */
  | { readonly kind: 'failed'; readonly error: DispatchError }
  /** The person read the dialog and said no. Nothing was sent. */
  | { readonly kind: 'dismissed'; readonly dialog: ConfirmDialog }
  /** The form stays open with these complaints, by block id: the client's own (nothing was sent) or the app's. */
  | { readonly kind: 'refused'; readonly by: 'client' | 'app'; readonly errors: Readonly<Record<string, string>> };

export const outcomeOf = (ack: Ack): Outcome =>
  ack.kind === 'failed' ? { kind: 'failed', error: ack.error } : { kind: 'delivered', response: undefined };
