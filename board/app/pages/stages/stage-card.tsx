import type { StageView } from '../../../api/types/stages.ts';
import type { ComesFrom } from '../../actions/stage-offers.tsx';
import { FleetLine } from '../../components/fleet-line.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { type Look, STATE_LOOKS } from '../../components/state-look.ts';
import { LiveBlock } from './live-block.tsx';
import { OnTheWayBlock } from './on-the-way-block.tsx';
import { RecentList } from './recent-list.tsx';
import { StageActions } from './stage-actions.tsx';
import './stage-card.css';
import { StageNotes } from './stage-notes.tsx';
import { TrafficLine } from './traffic-line.tsx';

/** One word for the whole stage: the gravest that is true. */
function stageLook(stage: StageView): Look {
  if (stage.hold) return { tone: 'warn', icon: 'hand', word: 'held' };
  if (stage.drift) return { tone: 'warn', icon: 'drift', word: 'drift' };
  if (stage.onTheWay) return STATE_LOOKS[stage.onTheWay.promotion.state];
  if (stage.freeze) return { tone: 'quiet', icon: 'snow', word: 'frozen' };
  return stage.live ? { tone: 'good', icon: 'check', word: 'steady' } : { tone: 'quiet', icon: 'dash', word: 'empty' };
}

export function StageCard({ stage, from }: { readonly stage: StageView; readonly from: ComesFrom }) {
  const id = `stage-${stage.name}`;
  const look = stageLook(stage);
  return (
    <section class={`panel stage stage-${look.tone}`} aria-labelledby={id}>
      <header class="stage-head">
        <h2 id={id}>{stage.name}</h2>
        <LookBadge look={look} />
        {stage.envoys.length > 0 && <p class="soft small">Envoy {stage.envoys.join(', ')}</p>}
      </header>
      <StageNotes stage={stage} />
      <LiveBlock live={stage.live} />
      <OnTheWayBlock way={stage.onTheWay} queued={stage.queued} />
      <FleetLine stage={stage.name} fleet={stage.fleet} />
      <TrafficLine stage={stage.name} traffic={stage.traffic} />
      <RecentList recent={stage.recent} />
      <StageActions stage={stage} from={from} />
    </section>
  );
}
