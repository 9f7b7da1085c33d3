import type { VerificationRow } from '../../../api/types/verification.ts';
import { CELL_LOOKS, type Look, VERDICT_LOOKS } from '../../components/state-look.ts';

/** Its verdict, or how far it is. */
export const verificationLook = ({ state, verdict }: Pick<VerificationRow, 'state' | 'verdict'>): Look =>
  state === 'ended' ? VERDICT_LOOKS[verdict ?? 'inconclusive'] : CELL_LOOKS[state === 'asked' ? 'waiting' : 'running'];
