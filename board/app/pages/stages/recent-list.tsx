import type { PromotionRow } from '../../../api/types/promotion-row.ts';
import { Ago } from '../../components/ago.tsx';
import { Icon } from '../../components/icon.tsx';
import { STATE_LOOKS } from '../../components/state-look.ts';

/** The last promotions of a stage, newest first. */
export function RecentList({ recent }: { readonly recent: readonly PromotionRow[] }) {
  return (
    <div class="stage-recent">
      <h3>Last promotions</h3>
      {recent.length === 0 ? (
        <p class="soft">None yet.</p>
      ) : (
        <ol class="recent">
          {recent.map((row) => {
            const look = STATE_LOOKS[row.state];
            return (
              <li key={row.id}>
                <span class={`tone-${look.tone}`} title={look.word}>
                  <Icon name={look.icon} turning={look.turning ?? false} />
                </span>
                <a href={`/promotions/${encodeURIComponent(row.id)}`} title={row.summary ?? row.standing}>
                  {row.id} <span class="soft">{row.purpose === 'rollback' ? `rollback, ${look.word}` : look.word}</span>
                </a>
                <Ago at={row.sinceEpochMs} />
              </li>
            );
          })}
        </ol>
      )}
    </div>
  );
}
