import type { StagesView } from '../../../api/types/stages.ts';
import { comesFrom } from '../../actions/stage-offers.tsx';
import { useTitle } from '../../browser/use-title.ts';
import { Digest } from '../../components/digest.tsx';
import { Empty } from '../../components/empty.tsx';
import { Shown, StaleParts } from '../../components/shown.tsx';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readStages } from '../../live/reads.ts';
import { LineActions } from './line-actions.tsx';
import { NeedsList } from './needs-list.tsx';
import { StageCard } from './stage-card.tsx';
import './stages-page.css';

/** The home page: the stages side by side, and first what needs a person. */
export function StagesPage() {
  const answered = useAnswer(readStages);
  const view = shownOf(answered);
  const needs = view?.needs.length ?? 0;
  useTitle('Stages', needs > 0 ? `(${needs})` : '');
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>Stages</h1>
        {view && (
          <p class="page-about small">
            config of <Digest value={view.revision} />
          </p>
        )}
        {view && <LineActions stopped={view.stopped !== undefined} />}
      </header>
      <Shown answered={answered} what="the stages">
        {(stages) => <Stages view={stages} />}
      </Shown>
    </>
  );
}

function Stages({ view }: { readonly view: StagesView }) {
  if (view.stages.length === 0)
    return (
      <Empty icon="question" title="This mesh config names no stages.">
        <code>stages:</code> in <code>mesh.yaml</code> lists them, in the order of promotion.
      </Empty>
    );
  return (
    <>
      <StaleParts stale={view.stale} />
      <NeedsList needs={view.needs} stages={view.stages.length} />
      <ol class="stage-line">
        {view.stages.map((stage, place) => (
          <li key={stage.name}>
            <StageCard stage={stage} from={comesFrom(view.stages[place - 1], view.revision)} />
          </li>
        ))}
      </ol>
    </>
  );
}
