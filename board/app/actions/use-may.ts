import type { ActionKind } from '../../api/types/action.ts';
import { shownOf } from '../live/answers.ts';
import { useAnswer } from '../live/board-answers.ts';
import { readMe } from '../live/reads.ts';

export type May = { readonly csrf: string; readonly kinds: readonly ActionKind[]; readonly stages: readonly string[] };

/** What the person of this page may do in a stage; without one: what they may do in every stage. Undefined: nobody is signed in. */
export function useMay(stage?: string): May | undefined {
  const me = shownOf(useAnswer(readMe));
  if (me?.signIn.kind !== 'in') return undefined;
  const { csrf, may } = me.signIn;
  const everywhere = Object.values(may);
  const kinds =
    stage === undefined
      ? (everywhere[0] ?? []).filter((kind) => everywhere.every((others) => others.includes(kind)))
      : (may[stage] ?? []);
  return { csrf, kinds, stages: Object.keys(may) };
}
