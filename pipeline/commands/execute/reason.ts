import type { StageName } from '../../../render/ids.ts';
import { REASON_LENGTH } from '../reason-length.ts';
import { refuse } from './desk.ts';

/** Others will want to know why, later. */
export function needReason(word: string, reason: string, stage: StageName | undefined): void {
  const given = reason.trim();
  const want = `why: ${word} … because …`;
  if (given === '') refuse('reason-missing', stage, `${word} without a reason`, want);
  if (given.length < REASON_LENGTH.least)
    refuse('reason-missing', stage, `${word} because ${JSON.stringify(given)}, which says nothing`, want);
}
