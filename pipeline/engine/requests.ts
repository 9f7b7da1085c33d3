import type { StageName } from '../../render/ids.ts';
import type { PromotionId } from '../ids.ts';
import { occupiesStage, type Promotion, type Request } from '../promotion/promotion.ts';
import type { PipelineTransaction } from '../store/pipeline-store.ts';
import { record } from './record.ts';
import { PIPELINE } from './step.ts';

/** Whether something of it may be in the target: then a newer request waits for its end instead of replacing it. */
const holdsStage = ({ state, request }: Promotion): boolean =>
  occupiesStage(state) || (request.purpose === 'rollback' && state.kind !== 'queued');

export type Requested = {
  readonly promotion: Promotion;
  readonly replaced: readonly PromotionId[];
  readonly behind: PromotionId | undefined;
};

/**
 * Makes a promotion: it gets its name, replaces what waits for the stage, and stands in the queue behind what occupies it. Whether the
 * person may ask for it is judged before.
 */
export async function requestPromotion(tx: PipelineTransaction, request: Request): Promise<Requested> {
  const { stage: name, by } = request;
  const open = await tx.openPromotions(name);
  const counter = (await tx.stage(name)).counter + 1;
  const id = `${name}-${counter}` as PromotionId;
  await tx.append(by, { kind: 'stage', stage: name, event: { kind: 'numbered', counter } });
  const occupying = open.find(holdsStage);
  const behind = occupying?.id;
  const replaced: PromotionId[] = [];
  // Those in the queue first: what ends would start the next one of them.
  for (const other of byQueueFirst(open)) {
    if (holdsStage(other)) continue;
    await record(tx, PIPELINE, other, { kind: 'superseded', by: id });
    replaced.push(other.id);
  }
  const promotion = await record(tx, by, { id, request }, { kind: 'requested', request, behind });
  return { promotion, replaced, behind };
}

export const byQueueFirst = (open: readonly Promotion[]): readonly Promotion[] =>
  [...open].sort((a, b) => Number(b.state.kind === 'queued') - Number(a.state.kind === 'queued'));

/** The one that is on its way in a stage, if any: what occupies it before what waits. */
export async function openIn(
  tx: Pick<PipelineTransaction, 'openPromotions'>,
  stage: StageName,
): Promise<Promotion | undefined> {
  const open = await tx.openPromotions(stage);
  return open.find(({ state }) => occupiesStage(state)) ?? open.find(({ state }) => state.kind !== 'queued') ?? open[0];
}
