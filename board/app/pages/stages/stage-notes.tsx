import type { ComponentChildren } from 'preact';
import type { StageView } from '../../../api/types/stages.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';

/** What keeps a stage from moving, or is not as it should be. */
export function StageNotes({ stage: { hold, drift, freeze } }: { readonly stage: StageView }) {
  return (
    <div class="stage-notes">
      {hold && (
        <Note icon="hand" title="Held" since={hold.sinceEpochMs}>
          {hold.reason}
          {hold.promotion !== undefined && (
            <>
              {' '}
              (<a href={`/promotions/${encodeURIComponent(hold.promotion)}`}>{hold.promotion}</a>)
            </>
          )}
        </Note>
      )}
      {drift && (
        <Note icon="drift" title={`Drift (${drift.kind})`} since={drift.sinceEpochMs}>
          is {drift.saw}, not {drift.want === undefined ? 'nothing' : <Digest value={drift.want} />}
        </Note>
      )}
      {freeze && (
        <Note icon="snow" title={`Frozen by ${freeze.by}`} since={freeze.sinceEpochMs} quiet>
          {freeze.reason}
        </Note>
      )}
    </div>
  );
}

function Note(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly since: number;
  readonly quiet?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={props.quiet ? 'stage-note stage-note-quiet' : 'stage-note'}>
      <Icon name={props.icon} />
      <p>
        <strong>{props.title}</strong>{' '}
        <span class="soft">
          <Ago at={props.since} />
        </span>
        <br />
        {props.children}
      </p>
    </div>
  );
}
