import type { StageName } from '../../../render/ids.ts';
import { refuse } from './desk.ts';

/** Others will want to know why, later. */
export function needReason(word: string, reason: string, stage: StageName | undefined): void {
  if (reason.trim() === '') refuse('reason-missing', stage, `${word} without a reason`, `why: ${word} … because …`);
}
