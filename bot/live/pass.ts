import { type CallResult, wordsOf } from '../slack/call.ts';

/** What one pass over a message came to: when to look again, or that Slack has to be left alone for a while. */
export type Pass =
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'settled' }
  | { readonly kind: 'pause'; readonly afterMs: number; readonly why: string };

export const pauseFor = (result: Exclude<CallResult<unknown>, { kind: 'ok' }>, doing: string): Pass => ({
  kind: 'pause',
  afterMs: result.kind === 'later' ? result.afterMs : 0,
  why: `${doing}: ${wordsOf(result)}`,
});
