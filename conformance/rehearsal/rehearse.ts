import { hasErrors } from '../../render/finding.ts';
import type { CellContext } from '../cell/cell-context.ts';
import type { StepOutcome, StepRecorder } from '../cell/step-recorder.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import type { CellEvidence } from '../report/matrix-result.ts';
import { liveDoesNotBoot } from './live-does-not-boot.ts';
import { predecessorOf } from './predecessor.ts';
import { rehearseChange, type UpgradeOrder } from './rehearse-change.ts';
import { rehearsePanic } from './rehearse-panic.ts';

/**
 * All rehearsals of a cell. An upgrade order has the rehearsal of the change in it (the newer Envoy takes it on the live
 * configuration), so a cell with an older version beside it runs the two orders, and the oldest one the plain rehearsal.
 */
export async function rehearse(
  job: CellJob,
  context: CellContext,
  recorder: StepRecorder,
): Promise<{ readonly evidence?: CellEvidence }> {
  const live = job.live ?? job.proposed;
  const same = live.digest === job.proposed.digest;
  const predecessor = predecessorOf(job.cell);
  let evidence: CellEvidence | undefined;
  const change = async (order: UpgradeOrder): Promise<StepOutcome> => {
    const rehearsed = await rehearseChange({ job, live, order, predecessor }, context);
    if (predecessor && order !== 'in-place' && !job.live && rehearsed.refusedLive) {
      // Without a live configuration the proposed one stands for it. The older Envoy cannot have served that; whether it may be
      // given to one is the judgement of its own cell.
      const inPlace = await change('in-place');
      return { ...inPlace, note: `not taken by it, and no live one is given: in place instead; ${inPlace.note}` };
    }
    evidence ??= rehearsed.evidence;
    if (rehearsed.refusedLive && !same) return liveDoesNotBoot(rehearsed.findings);
    const note = `${rehearsed.requests} requests${same ? '; live and proposed are the same digest' : ''}`;
    const { timeline } = rehearsed;
    return { findings: rehearsed.findings, note, strains: rehearsed.strains ?? [], ...(timeline ? { timeline } : {}) };
  };
  if (!predecessor) await recorder.step('rehearsal', () => change('in-place'));
  else {
    const from = `from Envoy ${predecessor.version}`;
    await recorder.step('upgrade order: Envoy first', async () => {
      const outcome = await change('envoy-first');
      return { ...outcome, note: `${from}; ${outcome.note}` };
    });
    await recorder.step('upgrade order: config first', async () => {
      if (same) return { findings: [], note: `${from}; nothing changes, so both orders are one` };
      const outcome = await change('config-first');
      return { ...outcome, note: `${from}; ${outcome.note}` };
    });
  }
  await recorder.step('panic rehearsal', async () => {
    const rehearsed = await rehearsePanic(job, live, context);
    if (hasErrors(rehearsed.findings)) evidence ??= rehearsed.evidence;
    return rehearsed;
  });
  return evidence ? { evidence } : {};
}
