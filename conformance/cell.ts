import type { EnvoyRelease, Stage } from '../render/config/mesh-config.ts';

/** One (stage, Envoy version) of the matrix. */
export type Cell = { readonly stage: Stage; readonly envoy: EnvoyRelease };

/** `canary@1.38.3` */
export const cellId = ({ stage, envoy }: Cell): string => `${stage.name}@${envoy.version}`;

export const cellsOf = (stages: readonly Stage[]): Cell[] =>
  stages.flatMap((stage) => stage.envoys.map((envoy) => ({ stage, envoy })));

/** What was said of a cell, or of a whole matrix. `inconclusive`: the harness itself could not tell. Never a bare boolean. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** The worst of several: one `fail` fails, else one `inconclusive` leaves it open. Nothing judged is nothing known. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}
