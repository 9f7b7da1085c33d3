import type { VerificationRow, VerificationView } from '../../../api/types/verification.ts';
import { useTitle } from '../../browser/use-title.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { FindingsList } from '../../components/findings/findings-list.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { MatrixPanel } from '../../components/matrix/matrix-panel.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Shown } from '../../components/shown.tsx';
import { Table } from '../../components/table.tsx';
import { spanWords } from '../../format/times.ts';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readVerification } from '../../live/reads.ts';
import { askedWords } from './verification-item.tsx';
import { verificationLook } from './verification-look.ts';

/** One verification: what was proved from what, and what each cell found out. */
export function VerificationPage({ params }: { readonly params: { readonly id: string } }) {
  const { id } = params;
  const answered = useAnswer(readVerification(id));
  const row = shownOf(answered)?.verification;
  useTitle(id, row ? `${verificationLook(row).word} ·` : '');
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1} class="wrap-any">
          {id}
        </h1>
        {row && <LookBadge look={verificationLook(row)} />}
        {row && <Facts row={row} />}
      </header>
      <Shown answered={answered} what={`the verification ${id}`}>
        {(view) => <Whole view={view} />}
      </Shown>
    </>
  );
}

const Facts = ({ row }: { readonly row: VerificationRow }) => (
  <p class="page-facts">
    commit <Digest value={row.revision} />, proved for every stage without a promotion; asked for by{' '}
    <strong>{askedWords(row)}</strong> <Ago at={row.askedEpochMs} />
    {row.endedEpochMs !== undefined && <>, took {spanWords(row.endedEpochMs - row.askedEpochMs)}</>}. It{' '}
    <strong>{row.standing}</strong>.
  </p>
);

function Whole({ view }: { readonly view: VerificationView }) {
  const { verification, message, findings, matrix } = view;
  return (
    <div class="panels">
      {(message !== undefined || findings.length > 0) && (
        <Panel id="found" title="Before any cell">
          {message !== undefined && <p class="wrap-any">{message}</p>}
          {findings.length > 0 && <FindingsList findings={findings} />}
        </Panel>
      )}
      {matrix.stages.length > 0 && <MatrixPanel matrix={matrix} />}
      {verification.stages.length > 0 && <ProvedTable row={verification} />}
    </div>
  );
}

/** What was proved for each stage, from what its target held. */
const ProvedTable = ({ row }: { readonly row: VerificationRow }) => (
  <Panel id="proved" title="What was proved">
    <ScrollArea label="What was proved, by stage">
      <Table columns={['Stage', 'From', 'To', 'What it would change']}>
        {row.stages.map(({ stage, digest, baseDigest }) => (
          <tr key={stage}>
            <th scope="row">{stage}</th>
            <td>{baseDigest === undefined ? 'nothing' : <Digest value={baseDigest} />}</td>
            <td>{digest === undefined ? 'cannot be rendered' : <Digest value={digest} />}</td>
            <td>
              {digest === undefined || baseDigest === undefined ? (
                '–'
              ) : digest === baseDigest ? (
                'nothing'
              ) : (
                <a
                  href={`/compare?${new URLSearchParams({ from: baseDigest, to: `${row.revision}@${stage}`, stage })}`}
                >
                  compare<span class="unseen"> for {stage}</span>
                </a>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </ScrollArea>
  </Panel>
);
