import type { LiveView } from '../../../api/types/stages.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { actorWords } from '../../format/actor-name.ts';

/** What is live in a stage: which bytes, of which commit, since when, by whom. */
export function LiveBlock({ live }: { readonly live: LiveView | undefined }) {
  return (
    <div class="stage-live">
      <h3>Live</h3>
      {live ? (
        <>
          <p class="lead">
            <Digest value={live.digest} />
            <span class="soft small">
              of commit <Digest value={live.revision} length={8} />
            </span>
          </p>
          <p class="soft small">
            since <Ago at={live.atEpochMs} />, by{' '}
            <a href={`/promotions/${encodeURIComponent(live.promotion)}`}>{live.promotion}</a>
            {live.requestedBy && <> of {actorWords(live.requestedBy)}</>}
            {live.approvedBy.length > 0 && <>, approved by {live.approvedBy.join(', ')}</>}
          </p>
        </>
      ) : (
        <p class="soft">Nothing was promoted into this stage yet.</p>
      )}
    </div>
  );
}
