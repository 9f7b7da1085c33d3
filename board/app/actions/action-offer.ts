import type { ComponentChildren } from 'preact';
import type { Asked } from '../../api/types/action.ts';

/** What somebody filled in; what an offer does not ask for is empty. */
export type Filled = { readonly reason: string; readonly text: string; readonly ticked: readonly string[] };

/** Something that can be done with a press of a button. */
export type ActionOffer = {
  readonly kind: Asked['kind'];
  /** `Approve`: of the button, and of the one that does it. */
  readonly verb: string;
  /** `Approve canary-3?` */
  readonly title: string;
  readonly weight: 'main' | 'plain' | 'grave';
  /** What it comes to, in a sentence. */
  readonly does: string;
  /** Exactly what it is about: what the decision is bound to. */
  readonly bound: readonly { readonly what: string; readonly is: ComponentChildren }[];
  /** Differs from what it was when the question was opened: it would be about something else by now. Default: it is always the same. */
  readonly asOf?: string;
  /** One more line to write. `pattern`: what the pipeline takes there. */
  readonly text?: {
    readonly label: string;
    readonly isWanted: boolean;
    readonly pattern?: string;
    readonly hint?: string;
  };
  /** Boxes to tick, one at least. */
  readonly ticks?: { readonly label: string; readonly options: readonly string[]; readonly ticked: readonly string[] };
  readonly command: (filled: Filled) => Asked;
};
