import type { Asked, AskRules } from '../../api/types/action.ts';
import { shownOf } from '../live/answers.ts';
import { useAnswer } from '../live/board-answers.ts';
import { readMe } from '../live/reads.ts';

export type May = { readonly csrf: string; readonly asks: AskRules; has(kind: Asked['kind']): boolean };

/** What the person of this page may do in a stage; without one: what they may do in every stage. Undefined: nobody is signed in. */
export function useMay(stage?: string): May | undefined {
  const me = shownOf(useAnswer(readMe));
  if (me?.signIn.kind !== 'in') return undefined;
  const { csrf, may, asks } = me.signIn;
  const stages = stage === undefined ? Object.values(may) : [may[stage] ?? []];
  return {
    csrf,
    asks,
    // Having something proved is no decision, and needs no role.
    has: (kind) =>
      stages.length > 0 && (kind === 'verify' || stages.every((kinds) => (kinds as readonly string[]).includes(kind))),
  };
}
