import type { VerificationRow } from '../../../api/types/verification.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { Icon } from '../../components/icon.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { CELL_LOOKS } from '../../components/state-look.ts';
import { spanWords } from '../../format/times.ts';
import { verificationLook } from './verification-look.ts';

/** A verification in the list: its verdict, who asked, and each stage with its digest and cells. */
export function VerificationItem({ row }: { readonly row: VerificationRow }) {
  const { id, revision, stages, askedEpochMs, endedEpochMs } = row;
  const head = `head-${id}`;
  return (
    <li>
      <article class="panel verification" aria-labelledby={head}>
        <header class="panel-head">
          <h2 id={head}>
            <a href={`/verifications/${encodeURIComponent(id)}`}>{id}</a>
          </h2>
          <LookBadge look={verificationLook(row)} />
          <p class="small soft wrap-any">
            commit <Digest value={revision} />, asked for by <strong>{askedWords(row)}</strong>{' '}
            <Ago at={askedEpochMs} />
            {endedEpochMs !== undefined && <>, took {spanWords(endedEpochMs - askedEpochMs)}</>}
          </p>
        </header>
        {stages.length === 0 ? (
          <p class="panel-body soft small">{row.standing}</p>
        ) : (
          <dl class="panel-body verified-stages">
            {stages.map(({ stage, digest, cells }) => (
              <div key={stage}>
                <dt>
                  {stage} {digest !== undefined && <Digest value={digest} />}
                </dt>
                <dd>
                  {digest === undefined ? (
                    <span class="tone-bad">
                      <Icon name="cross" /> cannot be rendered
                    </span>
                  ) : (
                    <ul class="pips">
                      {cells.map(({ envoy, state }) => {
                        const look = CELL_LOOKS[state];
                        return (
                          <li key={envoy} class={`pip tone-${look.tone}`}>
                            <Icon name={look.icon} turning={look.turning ?? false} />
                            {envoy}
                            <span class="unseen"> {look.word}</span>
                          </li>
                        );
                      })}
                    </ul>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </article>
    </li>
  );
}

/** By the name that the mesh knows, else as they came. */
export const askedWords = ({ person, askedBy }: Pick<VerificationRow, 'person' | 'askedBy'>): string =>
  person ?? askedBy;
