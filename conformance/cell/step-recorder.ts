import { type Finding, hasErrors } from '../../render/finding.ts';
import type { Verdict } from '../cell.ts';
import type { StepReport } from '../report/matrix-result.ts';
import type { RehearsalTimeline } from '../report/rehearsal-timeline.ts';
import type { StepName } from '../report/step-name.ts';
import type { Strain } from './strain.ts';

/** What a step found out. `verdict` follows from the findings unless the step says otherwise. */
export type StepOutcome = {
  readonly findings: readonly Finding[];
  readonly verdict?: Verdict;
  /** Worth a line to people. */
  readonly note?: string;
  /** What those that failed had to bear. */
  readonly strains?: readonly Strain[];
  /** Of the traffic of a rehearsal. */
  readonly timeline?: Omit<RehearsalTimeline, 'step'>;
};

/** Keeps what the steps of a cell said, in the order in which they ended. */
export type StepRecorder = {
  /** Runs a step; a throw of `act` is the harness's and goes through. */
  step(name: StepName, act: () => Promise<StepOutcome>): Promise<StepOutcome>;
  readonly steps: readonly StepReport[];
  readonly findings: readonly Finding[];
  readonly strains: readonly Strain[];
  readonly timelines: readonly RehearsalTimeline[];
};

export function stepRecorder(onStep: (name: StepName) => void): StepRecorder {
  const steps: StepReport[] = [];
  const findings: Finding[] = [];
  const strains: Strain[] = [];
  const timelines: RehearsalTimeline[] = [];
  return {
    steps,
    findings,
    strains,
    timelines,
    async step(name, act) {
      const startedAt = performance.now();
      onStep(name);
      const outcome = await act();
      findings.push(...outcome.findings);
      strains.push(...(outcome.strains ?? []));
      if (outcome.timeline) timelines.push({ step: name, ...outcome.timeline });
      const verdict = outcome.verdict ?? (hasErrors(outcome.findings) ? 'fail' : 'pass');
      const note = outcome.note === undefined ? {} : { note: outcome.note };
      steps.push({ name, verdict, durationMs: performance.now() - startedAt, ...note });
      return outcome;
    },
  };
}
