import { useQuery } from '../../browser/use-query.ts';
import { useTitle } from '../../browser/use-title.ts';
import { Empty } from '../../components/empty.tsx';
import { Shown } from '../../components/shown.tsx';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readMeshMap, readStages } from '../../live/reads.ts';
import './mesh-page.css';
import { MapView } from './map-view.tsx';
import { MeshFilters } from './mesh-filters.tsx';
import { StageSwitch } from './stage-switch.tsx';

/** Who calls whom in a stage. */
export function MeshPage({ params }: { readonly params: { readonly stage?: string } }) {
  const answered = useAnswer(readStages);
  const stages = shownOf(answered)?.stages.map(({ name }) => name as string) ?? [];
  const stage = params.stage ?? stages.at(-1);
  useTitle(stage === undefined ? 'Mesh' : `Mesh, ${stage}`);
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>Mesh</h1>
        <StageSwitch stages={stages} stage={stage} hrefOf={(name) => `/mesh/${encodeURIComponent(name)}`} />
      </header>
      {stage === undefined ? (
        <Shown answered={answered} what="the stages">
          {() => <Empty icon="question" title="This mesh config names no stages." />}
        </Shown>
      ) : (
        <StageMap stage={stage} />
      )}
    </>
  );
}

function StageMap({ stage }: { readonly stage: string }) {
  const { query } = useQuery();
  const answered = useAnswer(readMeshMap(stage, query.minutes ?? '15'));
  return (
    <>
      <MeshFilters services={shownOf(answered)?.services ?? []} />
      <Shown answered={answered} what={`the map of ${stage}`}>
        {(map) => <MapView map={map} />}
      </Shown>
    </>
  );
}
