import { useState } from 'preact/hooks';
import type { VerificationsView } from '../../../api/types/verification.ts';
import { ActionButtons } from '../../actions/action-buttons.tsx';
import { useMay } from '../../actions/use-may.ts';
import { VERIFY } from '../../actions/verify-offer.ts';
import { useTitle } from '../../browser/use-title.ts';
import { Empty } from '../../components/empty.tsx';
import { Shown } from '../../components/shown.tsx';
import { useAnswer } from '../../live/board-answers.ts';
import { readVerifications } from '../../live/reads.ts';
import { VerificationItem } from './verification-item.tsx';
import './verifications-page.css';

/** Revisions that somebody had proved for every stage, without a promotion. */
export function VerificationsPage() {
  useTitle('Verifications');
  const may = useMay();
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>Verifications</h1>
        <p class="page-about small">revisions proved for every stage, without a promotion</p>
        {may?.has('verify') && (
          <div class="push">
            <ActionButtons offers={[VERIFY]} may={may} />
          </div>
        )}
      </header>
      <Page before={undefined} />
    </>
  );
}

/** One page, and below it the next one once it is asked for. */
function Page({ before }: { readonly before: number | undefined }) {
  return (
    <Shown
      answered={useAnswer(readVerifications(before === undefined ? {} : { before: String(before) }))}
      what="the verifications"
    >
      {(view) => <PageRows view={view} isFirst={before === undefined} />}
    </Shown>
  );
}

function PageRows({ view: { rows, next }, isFirst }: { readonly view: VerificationsView; readonly isFirst: boolean }) {
  // Kept as it was when it was pressed: new ones at the top must not turn the pages below.
  const [from, setFrom] = useState<number>();
  if (rows.length === 0 && isFirst)
    return (
      <Empty icon="search" title="Nobody has had a revision proved yet.">
        <code>/mesh verify REV</code> in Slack or <code>mesh verify REV</code> proves a revision for every stage,
        without a promotion.
      </Empty>
    );
  return (
    <>
      <ol class="verifications">
        {rows.map((row) => (
          <VerificationItem key={row.id} row={row} />
        ))}
      </ol>
      {from !== undefined ? (
        <Page before={from} />
      ) : (
        next !== undefined && (
          <button type="button" class="button" onClick={() => setFrom(next)}>
            Older verifications
          </button>
        )
      )}
    </>
  );
}
