import type { StageView } from '../../../api/types/stages.ts';
import { ActionButtons } from '../../actions/action-buttons.tsx';
import { type ComesFrom, stageOffers } from '../../actions/stage-offers.tsx';
import { useMay } from '../../actions/use-may.ts';

/** What the person of this page may do with a stage; for whoever only looks there is nothing here. */
export function StageActions({ stage, from }: { readonly stage: StageView; readonly from: ComesFrom }) {
  const may = useMay(stage.name);
  return (
    <div class="stage-buttons">
      {may && <ActionButtons offers={stageOffers(stage, from).filter(({ kind }) => may.has(kind))} may={may} />}
    </div>
  );
}
