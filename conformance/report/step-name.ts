/** The parts of a cell's run, in the order in which they happen; both upgrade orders are steps of their own. */
export const STEP_NAMES = [
  'static validation',
  'cold boot',
  'checks',
  'rehearsal',
  'upgrade order: config first',
  'upgrade order: Envoy first',
  'panic rehearsal',
] as const;
export type StepName = (typeof STEP_NAMES)[number];
