import { useState } from 'preact/hooks';
import type { AuditVerification } from '../../../api/types/audit.ts';
import { Ago } from '../../components/ago.tsx';
import { Badge } from '../../components/badge.tsx';
import { FindingsList } from '../../components/findings/findings-list.tsx';
import { Icon } from '../../components/icon.tsx';
import { Shown } from '../../components/shown.tsx';
import { countWords, plural } from '../../format/numbers.ts';
import { answers, useAnswer } from '../../live/board-answers.ts';
import { readAuditVerification } from '../../live/reads.ts';

/** Whether every row of the log is as it was written; worked out when somebody asks, as it reads all of it. */
export function ChainPanel() {
  const [isAsked, setAsked] = useState(false);
  return (
    <section class="chain panel" aria-label="The chain of the audit log">
      <p class="chain-about">
        <Icon name="chain" />
        <span>
          Each row bears the hash of the row before it.{' '}
          <span class="soft">Whether that still holds for all of them:</span>
        </span>
        <button
          type="button"
          class="button push"
          onClick={() => {
            if (isAsked) answers.refetch(readAuditVerification);
            setAsked(true);
          }}
        >
          {isAsked ? 'Verify again' : 'Verify the chain'}
        </button>
      </p>
      <div role="status">{isAsked && <Verified />}</div>
    </section>
  );
}

function Verified() {
  return (
    <Shown answered={useAnswer(readAuditVerification)} what="every row of the audit log">
      {(verification) => <Outcome verification={verification} />}
    </Shown>
  );
}

function Outcome({ verification }: { readonly verification: AuditVerification }) {
  const { isSound, rows, promotions, head, verifiedEpochMs, findings } = verification;
  return (
    <>
      <p>
        <Badge tone={isSound ? 'good' : 'bad'} icon={isSound ? 'check' : 'alert'}>
          {isSound ? 'sound' : 'not sound'}
        </Badge>{' '}
        {plural(rows, 'row')} and {plural(promotions, 'promotion')} verified <Ago at={verifiedEpochMs} />; head{' '}
        {countWords(head.seq)}: <code class="wrap-any">{head.hash}</code>
      </p>
      {findings.length > 0 && <FindingsList findings={findings} />}
    </>
  );
}
