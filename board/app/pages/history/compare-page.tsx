import type { CompareView } from '../../../api/types/compare.ts';
import type { DiffSide } from '../../../api/types/diff.ts';
import { useQuery } from '../../browser/use-query.ts';
import { useTitle } from '../../browser/use-title.ts';
import { DiffPanel } from '../../components/diff/diff-panel.tsx';
import { Digest } from '../../components/digest.tsx';
import { Empty } from '../../components/empty.tsx';
import { FindingsList } from '../../components/findings/findings-list.tsx';
import { Panel } from '../../components/panel.tsx';
import { Shown } from '../../components/shown.tsx';
import { useAnswer } from '../../live/board-answers.ts';
import { readCompare } from '../../live/reads.ts';
import { CompareForm } from './compare-form.tsx';
import './history-page.css';
import { HistoryTabs } from './history-tabs.tsx';

/** Any two stages, digests or revisions, side by side. */
export function ComparePage() {
  useTitle('Compare');
  const { query } = useQuery();
  const { from, to, stage } = query;
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>Compare</h1>
        <HistoryTabs />
      </header>
      <CompareForm key={`${from} ${to} ${stage}`} from={from} to={to} stage={stage} />
      {from && to ? (
        <Compared from={from} to={to} stage={stage} />
      ) : (
        <Empty icon="drift" title="Choose two sides: what is live in a stage, a digest, or a revision." />
      )}
    </>
  );
}

function Compared({
  from,
  to,
  stage,
}: {
  readonly from: string;
  readonly to: string;
  readonly stage: string | undefined;
}) {
  const answered = useAnswer(readCompare({ from, to, ...(stage ? { stage } : {}) }));
  return (
    <Shown answered={answered} what="the comparison">
      {(view) => <Comparison view={view} />}
    </Shown>
  );
}

function Comparison({ view: { diff, findings } }: { readonly view: CompareView }) {
  return (
    <>
      {findings.length > 0 && <FindingsList findings={findings} />}
      <Panel
        id="comparison"
        title="What differs"
        aside={
          <p class="small soft">
            <Side side={diff.from} /> → <Side side={diff.to} />
          </p>
        }
      >
        <DiffPanel diff={diff} />
      </Panel>
    </>
  );
}

function Side({ side: { stage, digest, revision } }: { readonly side: DiffSide }) {
  return (
    <>
      {stage} {digest === undefined ? 'nothing' : <Digest value={digest} />}
      {revision !== undefined && (
        <>
          {' '}
          of <Digest value={revision} length={8} />
        </>
      )}
    </>
  );
}
