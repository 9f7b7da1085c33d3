import type { StageView } from '../../../api/types/stages.ts';
import { ActionButton } from '../../actions/action-button.tsx';
import { stageOffers } from '../../actions/stage-offers.tsx';
import { useMay } from '../../actions/use-may.ts';

/** What the person of this page may do with a stage; for whoever only looks there is nothing here. */
export function StageActions({ stage }: { readonly stage: StageView }) {
  const may = useMay(stage.name);
  const offers = may ? stageOffers(stage).filter(({ kind }) => may.kinds.includes(kind)) : [];
  if (!may || offers.length === 0) return <div class="stage-buttons" />;
  return (
    <div class="stage-buttons">
      {offers.map(({ kind, offer }) => (
        <ActionButton key={kind} offer={offer} csrf={may.csrf} />
      ))}
    </div>
  );
}
