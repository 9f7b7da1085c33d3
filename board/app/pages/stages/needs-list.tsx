import type { Need, NeedKind } from '../../../api/types/stages.ts';
import { Ago } from '../../components/ago.tsx';
import { Icon } from '../../components/icon.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import type { Look } from '../../components/state-look.ts';
import { plural } from '../../format/numbers.ts';

const LOOKS: Readonly<Record<NeedKind, Look>> = {
  undecided: { tone: 'bad', icon: 'question', word: 'undecided' },
  unconfirmed: { tone: 'warn', icon: 'hand', word: 'to confirm' },
  errored: { tone: 'bad', icon: 'alert', word: 'errored' },
  approve: { tone: 'warn', icon: 'hand', word: 'to approve' },
  hold: { tone: 'warn', icon: 'hand', word: 'on hold' },
  drift: { tone: 'warn', icon: 'drift', word: 'drift' },
  refused: { tone: 'bad', icon: 'cross', word: 'NACKed' },
  stopped: { tone: 'bad', icon: 'stop', word: 'stopped' },
  frozen: { tone: 'quiet', icon: 'snow', word: 'frozen' },
};

/** What goes on only when a person does something. */
export function NeedsList({ needs, stages }: { readonly needs: readonly Need[]; readonly stages: number }) {
  if (needs.length === 0)
    return (
      <p class="needs-none">
        <Icon name="check" /> Nothing needs a person in {plural(stages, 'stage')}.
      </p>
    );
  return (
    <section class="needs" aria-labelledby="needs-head">
      <h2 id="needs-head">{needs.length === 1 ? '1 thing needs a person' : `${needs.length} things need a person`}</h2>
      <ul>
        {needs.map((need, index) => (
          <NeedItem key={`${need.kind} ${need.promotion ?? need.stage ?? index}`} need={need} />
        ))}
      </ul>
    </section>
  );
}

function NeedItem({ need }: { readonly need: Need }) {
  const look = LOOKS[need.kind];
  const [way] = need.ways;
  return (
    <li class={`need need-${look.tone}`}>
      <LookBadge look={look} />
      <div>
        <p class="need-words">{need.words}</p>
        <p class="need-more">
          {need.owners.length > 0 && <>{need.owners.join(', ')} can · </>}
          since <Ago at={need.sinceEpochMs} />
          {need.untilEpochMs !== undefined && (
            <>
              {' '}
              · ends by itself <Ago at={need.untilEpochMs} />
            </>
          )}
          {way && (
            <>
              {' '}
              · <code>mesh {way.command}</code> {way.does}
            </>
          )}
        </p>
      </div>
      {need.promotion !== undefined && (
        <a class="button" href={`/promotions/${encodeURIComponent(need.promotion)}`}>
          Look at {need.promotion}
        </a>
      )}
    </li>
  );
}
