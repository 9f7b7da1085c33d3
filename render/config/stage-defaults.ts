import type { StageGates } from './mesh-config.ts';
import { observeSettings } from './observe-schema.ts';

/** A stage that says nothing of its gates: promoted to when a person asks and the verdict passes. */
export const NO_GATES: StageGates = {
  auto: false,
  soakMs: 0,
  approvals: undefined,
  freeze: [],
  expireMs: 7 * 86_400_000,
  confirmMs: 3_600_000,
  fastRollbackMs: 30 * 86_400_000,
};

export const DEFAULT_OBSERVE = observeSettings(undefined, undefined);
