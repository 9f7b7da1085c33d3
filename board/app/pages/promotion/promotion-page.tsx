import type { PromotionView } from '../../../api/types/promotion.ts';
import { useTitle } from '../../browser/use-title.ts';
import { MatrixPanel } from '../../components/matrix/matrix-panel.tsx';
import { Shown, StaleParts } from '../../components/shown.tsx';
import { STATE_LOOKS } from '../../components/state-look.ts';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readPromotion } from '../../live/reads.ts';
import { ApprovalsPanel } from './approvals-panel.tsx';
import { AuditTrail } from './audit-trail.tsx';
import { ChangePanel } from './change-panel.tsx';
import { ObservationPanel } from './observation-panel.tsx';
import { PromotionHead } from './promotion-head.tsx';
import './promotion-page.css';
import { promotionSteps } from './promotion-steps.ts';
import { PushPanel } from './push-panel.tsx';
import { StandingPanel } from './standing-panel.tsx';
import { StepsLine } from './steps-line.tsx';

/** One promotion: what it changes, what proved it, who allowed it, and what came of it. */
export function PromotionPage({ params }: { readonly params: { readonly id: string } }) {
  const { id } = params;
  const answered = useAnswer(readPromotion(id));
  const view = shownOf(answered);
  useTitle(id, view ? `${STATE_LOOKS[view.promotion.state].word} ·` : '');
  return (
    <>
      <PromotionHead id={id} view={view} />
      <Shown answered={answered} what={`the promotion ${id}`}>
        {(promotion) => <Whole view={promotion} />}
      </Shown>
    </>
  );
}

function Whole({ view }: { readonly view: PromotionView }) {
  const { plan, matrix, push, observation, stale } = view;
  return (
    <>
      <StaleParts stale={stale} />
      <StepsLine steps={promotionSteps(view)} />
      <div class="promotion-columns">
        <div class="panels">
          <StandingPanel view={view} />
          {plan && <ChangePanel plan={plan} />}
          {matrix && <MatrixPanel matrix={matrix} />}
          {observation && <ObservationPanel observation={observation} />}
        </div>
        <div class="panels">
          <ApprovalsPanel view={view} />
          {push && <PushPanel push={push} stage={view.promotion.stage} />}
          <AuditTrail rows={view.audit} />
        </div>
      </div>
    </>
  );
}
