import type { PromotionId } from '../../../../pipeline/ids.ts';
import type { OnTheWay } from '../../../api/types/stages.ts';
import { Digest } from '../../components/digest.tsx';
import { GateList } from '../../components/gate-list.tsx';
import { Icon } from '../../components/icon.tsx';
import { CELL_LOOKS } from '../../components/state-look.ts';
import { actorWords } from '../../format/actor-name.ts';

/** The promotion on its way into a stage, and what is behind it. */
export function OnTheWayBlock(props: { readonly way: OnTheWay | undefined; readonly queued: readonly PromotionId[] }) {
  const { way, queued } = props;
  if (!way && queued.length === 0)
    return (
      <div>
        <h3>On its way</h3>
        <p class="soft">Nothing.</p>
      </div>
    );
  return (
    <div class="stage-way">
      <h3>On its way</h3>
      {way && <Way way={way} />}
      {queued.length > 0 && (
        <p class="soft small">
          Behind it:{' '}
          {queued.map((id, index) => (
            <span key={id}>
              {index > 0 && ', '}
              <a href={`/promotions/${encodeURIComponent(id)}`}>{id}</a>
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

function Way({ way: { promotion, progress, cells, gates, why } }: { readonly way: OnTheWay }) {
  const shut = gates.filter(({ state }) => state.kind !== 'open');
  return (
    <>
      <p class="lead">
        <a href={`/promotions/${encodeURIComponent(promotion.id)}`}>
          <strong>{promotion.id}</strong>
        </a>
        {promotion.digest !== undefined && <Digest value={promotion.digest} />}
      </p>
      <p class="small">
        {promotion.standing}
        {progress !== undefined && <>: {progress}</>}
      </p>
      <p class="soft small">
        asked for by {actorWords(promotion.requestedBy)}
        {promotion.reason !== '' && <>: {promotion.reason}</>}
      </p>
      {cells.length > 0 && (
        <ul class="pips" aria-label="Envoy versions">
          {cells.map(({ envoy, state }) => (
            <li key={envoy} class={`pip tone-${CELL_LOOKS[state].tone}`}>
              <Icon name={CELL_LOOKS[state].icon} turning={CELL_LOOKS[state].turning ?? false} />
              {envoy}
              <span class="unseen"> {CELL_LOOKS[state].word}</span>
            </li>
          ))}
        </ul>
      )}
      {shut.length > 0 ? (
        <GateList gates={shut} />
      ) : (
        why?.reasons.map((reason) => (
          <p key={reason} class="soft small">
            {reason}
          </p>
        ))
      )}
    </>
  );
}
