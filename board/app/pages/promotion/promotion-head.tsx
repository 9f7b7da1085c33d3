import type { PromotionView } from '../../../api/types/promotion.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { Icon } from '../../components/icon.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { STATE_LOOKS } from '../../components/state-look.ts';
import { actorWords } from '../../format/actor-name.ts';
import { PromotionActions } from './promotion-actions.tsx';

export function PromotionHead({ id, view }: { readonly id: string; readonly view: PromotionView | undefined }) {
  return (
    <header class="page-head">
      <h1 tabIndex={-1} class="wrap-any">
        {id}
      </h1>
      {view && <LookBadge look={STATE_LOOKS[view.promotion.state]} />}
      {view && (
        <div class="promotion-buttons">
          <PromotionActions view={view} />
          {view.slackUrl !== undefined && (
            <a class="button" href={view.slackUrl} rel="noreferrer">
              <Icon name="link" />
              Open in Slack
            </a>
          )}
        </div>
      )}
      {view && <Facts view={view} />}
    </header>
  );
}

function Facts({ view: { promotion, retryOf } }: { readonly view: PromotionView }) {
  const { purpose, stage, digest, revision, requestedBy, requestedEpochMs, reason } = promotion;
  return (
    <p class="page-facts">
      {purpose === 'rollback' ? 'a rollback of' : 'into'} <strong>{stage}</strong>
      {digest !== undefined && (
        <>
          , digest <Digest value={digest} />
        </>
      )}
      , commit <Digest value={revision} length={8} />; asked for by <strong>{actorWords(requestedBy)}</strong>{' '}
      <Ago at={requestedEpochMs} />
      {reason !== '' && <>: “{reason}”</>}
      {retryOf !== undefined && (
        <>
          ; again after <a href={`/promotions/${encodeURIComponent(retryOf)}`}>{retryOf}</a>
        </>
      )}
    </p>
  );
}
