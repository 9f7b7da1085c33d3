import { isTerminal } from '../../promotion/promotion.ts';
import { record } from '../record.ts';
import { MOVED, moveOn, PIPELINE, type Step, waiting } from '../step.ts';

/** It starts when what it stands behind has ended; that is told by an event, and looked at here in case the event was lost. */
export const queueStep: Step = async (promotion, ports) => {
  if (promotion.state.kind !== 'queued') return MOVED;
  const ahead = await ports.store.read.promotion(promotion.state.behind);
  if (ahead && !isTerminal(ahead.state)) return waiting();
  return moveOn(ports, promotion, async (tx, now) => {
    await record(tx, PIPELINE, now, { kind: 'dequeued' });
  });
};
