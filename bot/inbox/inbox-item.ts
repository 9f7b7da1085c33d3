import type { Decision } from '../render/buttons.ts';

/** Where something came from, as Slack says it; Slack is believed once a signature or a socket has vouched for it. */
export type From = {
  readonly team: string;
  readonly user: string;
  readonly channel: string | undefined;
  readonly threadTs: string | undefined;
  readonly responseUrl: string | undefined;
  readonly triggerId: string | undefined;
};

/** What somebody did. */
export type Ask =
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'mention'; readonly text: string }
  | { readonly kind: 'decision'; readonly decision: Decision; readonly value: string }
  | {
      readonly kind: 'submission';
      readonly state: string;
      readonly reason: string;
      readonly typedStage: string | undefined;
      /** What was ticked; undefined in a form that has nothing to tick. */
      readonly gates?: readonly string[] | undefined;
    }
  | { readonly kind: 'home'; readonly hash: string | undefined };

export type InboxItem = {
  /** The same for every delivery of the same thing, over any socket. */
  readonly key: string;
  /** The same for the same click made twice. */
  readonly clickKey: string | undefined;
  readonly from: From;
  readonly ask: Ask;
};

/** `slack:T012AB/U345CD`: what the pipeline knows a caller by. Display names say nothing. */
export const identityOf = ({ team, user }: Pick<From, 'team' | 'user'>): string => `slack:${team}/${user}`;
