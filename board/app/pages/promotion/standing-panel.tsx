import type { PromotionView } from '../../../api/types/promotion.ts';
import { Ago } from '../../components/ago.tsx';
import { FindingsList } from '../../components/findings/findings-list.tsx';
import { Panel } from '../../components/panel.tsx';

/** What the deadline of a state brings. */
const ENDS = {
  failed: 'nobody could tell, and it is errored',
  expired: 'it expires',
  'observed-nothing': 'nobody can tell, and people decide',
  'glass-lapsed': 'the broken glass lapses, and it is undone',
} as const;

/** Why a promotion is where it is, who moves it on, and what ends it by itself. */
export function StandingPanel({ view }: { readonly view: PromotionView }) {
  const { promotion, why, findings, glass } = view;
  return (
    <Panel
      id="standing"
      title="Where it stands"
      aside={
        <p class="soft small push">
          since <Ago at={promotion.sinceEpochMs} />
        </p>
      }
    >
      <p class="wrap-any">
        <strong>{promotion.standing}</strong>
      </p>
      {why && (
        <>
          <ul class="small">
            {why.reasons.map((reason) => (
              <li key={reason} class="wrap-any">
                {reason}
              </li>
            ))}
          </ul>
          <p class="small soft wrap-any">
            Moved on by <strong>{why.owners.join(', ')}</strong>
            {why.againAtEpochMs !== undefined && (
              <>
                , looked at again <Ago at={why.againAtEpochMs} />
              </>
            )}
            . If nothing happens <Ago at={why.deadline.atEpochMs} />, {ENDS[why.deadline.event]}.
          </p>
          <ul class="ways">
            {why.waysOut.map(({ command, does }) => (
              <li key={command} class="wrap-any">
                <code>mesh {command}</code> <span class="soft">{does}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {glass && (
        <p class="small wrap-any">
          {glass.by} broke the glass, past {glass.gates.join(', ')}: {glass.reason}.{' '}
          {glass.confirmedBy === undefined ? (
            <>
              A second person has to confirm; it lapses <Ago at={glass.confirmByEpochMs} />.
            </>
          ) : (
            <>Confirmed by {glass.confirmedBy}.</>
          )}
        </p>
      )}
      {findings.length > 0 && <FindingsList findings={findings} />}
    </Panel>
  );
}
