import type { ActionKind, AskRules } from './action.ts';

/** `GET /api/me`. */
export type Me = {
  readonly toolVersion: string;
  readonly signIn: SignInState;
  readonly slack: boolean;
};

export type SignInState =
  /** The board only shows. `why`: what to do, to decide here. */
  | { readonly kind: 'off'; readonly why: string }
  /** Nobody is signed in; `href` begins it. `demanded`: nothing is shown before. */
  | { readonly kind: 'out'; readonly href: string; readonly demanded: boolean }
  | {
      readonly kind: 'in';
      /** The canonical identity: `slack:T012AB/U345CD`. */
      readonly identity: string;
      /** Of `access.people`, where the mesh knows them. */
      readonly person?: string;
      readonly name: string;
      readonly groups: readonly string[];
      /** Goes with every POST in the header `x-meshgate-csrf`. */
      readonly csrf: string;
      readonly expiresEpochMs: number;
      /** By stage: what they may do there, beside what a promotion's own rules forbid them. */
      readonly may: Readonly<Record<string, readonly ActionKind[]>>;
      readonly asks: AskRules;
    };
