import type { Verdict } from '../../../conformance/cell.ts';
import type { CellState } from '../../../pipeline/engine/matrix/cell-state.ts';
import type { GateState } from '../../../pipeline/gates/gate.ts';
import type { FleetRow } from '../../api/types/fleet.ts';
import type { CheckView } from '../../api/types/matrix.ts';
import type { PromotionRow } from '../../api/types/promotion-row.ts';
import type { Tone } from './badge.tsx';
import type { IconName } from './icon.tsx';

/** How a state is shown: never by its colour alone. */
export type Look = { readonly tone: Tone; readonly icon: IconName; readonly word: string; readonly turning?: boolean };

/** States of promotions, in the words of `mesh why`. */
export const STATE_LOOKS: Readonly<Record<PromotionRow['state'], Look>> = {
  queued: { tone: 'quiet', icon: 'clock', word: 'queued' },
  planning: { tone: 'busy', icon: 'spin', word: 'planning', turning: true },
  verifying: { tone: 'busy', icon: 'spin', word: 'verifying', turning: true },
  gating: { tone: 'warn', icon: 'clock', word: 'at its gates' },
  pushing: { tone: 'busy', icon: 'spin', word: 'pushing', turning: true },
  observing: { tone: 'busy', icon: 'spin', word: 'observing', turning: true },
  undecided: { tone: 'bad', icon: 'question', word: 'undecided' },
  unconfirmed: { tone: 'warn', icon: 'hand', word: 'unconfirmed' },
  'rolling-back': { tone: 'warn', icon: 'back', word: 'rolling back' },
  errored: { tone: 'bad', icon: 'alert', word: 'errored' },
  promoted: { tone: 'good', icon: 'check', word: 'promoted' },
  'rolled-back': { tone: 'bad', icon: 'back', word: 'rolled back' },
  rejected: { tone: 'bad', icon: 'cross', word: 'rejected' },
  cancelled: { tone: 'quiet', icon: 'dash', word: 'cancelled' },
  superseded: { tone: 'quiet', icon: 'arrow', word: 'superseded' },
  expired: { tone: 'quiet', icon: 'clock', word: 'expired' },
};

export const VERDICT_LOOKS: Readonly<Record<Verdict, Look>> = {
  pass: { tone: 'good', icon: 'check', word: 'pass' },
  fail: { tone: 'bad', icon: 'cross', word: 'fail' },
  inconclusive: { tone: 'warn', icon: 'question', word: 'inconclusive' },
};
export const CELL_LOOKS: Readonly<Record<CellState, Look>> = {
  ...VERDICT_LOOKS,
  waiting: { tone: 'quiet', icon: 'clock', word: 'waiting' },
  running: { tone: 'busy', icon: 'spin', word: 'running', turning: true },
};
export const CHECK_LOOKS: Readonly<Record<CheckView['outcome'], Look>> = {
  pass: VERDICT_LOOKS.pass,
  fail: VERDICT_LOOKS.fail,
  skip: { tone: 'quiet', icon: 'dash', word: 'skipped' },
};
export const GATE_LOOKS: Readonly<Record<GateState['kind'], Look>> = {
  open: { tone: 'good', icon: 'check', word: 'open' },
  closed: { tone: 'bad', icon: 'cross', word: 'closed' },
  waiting: { tone: 'warn', icon: 'clock', word: 'waiting' },
  skipped: { tone: 'warn', icon: 'alert', word: 'skipped' },
};
export const NODE_LOOKS: Readonly<Record<FleetRow['state'], Look>> = {
  applied: { tone: 'good', icon: 'check', word: 'ACKed' },
  pending: { tone: 'busy', icon: 'clock', word: 'pending' },
  refused: { tone: 'bad', icon: 'cross', word: 'NACKed' },
  gone: { tone: 'quiet', icon: 'dash', word: 'gone' },
};
