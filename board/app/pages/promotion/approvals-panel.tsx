import type { ApprovalView, PromotionView } from '../../../api/types/promotion.ts';
import { Ago } from '../../components/ago.tsx';
import { GateList } from '../../components/gate-list.tsx';
import { Icon } from '../../components/icon.tsx';
import { Panel } from '../../components/panel.tsx';
import { plural } from '../../format/numbers.ts';

/** Gates, and who allowed it: each approval is bound to what it was given for. */
export function ApprovalsPanel({ view: { gates, approvals } }: { readonly view: PromotionView }) {
  const { binding, wanted, given } = approvals;
  return (
    <Panel id="gates" title="Gates and approvals">
      {gates.length > 0 ? <GateList gates={gates} /> : <p class="small soft">It is not at its gates.</p>}
      {wanted && (
        <p class="small">
          Wanted: {plural(wanted.count, 'approval')} of <strong>{wanted.group}</strong>.
        </p>
      )}
      {given.length > 0 ? (
        <ul>
          {given.map((approval) => (
            <Approval key={`${approval.by} ${approval.atEpochMs}`} approval={approval} />
          ))}
        </ul>
      ) : (
        <p class="small soft">Nobody has approved it.</p>
      )}
      {binding !== undefined && (
        <p class="small soft">
          An approval now is for{' '}
          <code class="digest" title={binding}>
            {binding.slice(0, 12)}
          </code>
          : this digest, in place of what is live, with this verdict, under these gates. Change any of them, and it
          lapses.
        </p>
      )}
    </Panel>
  );
}

function Approval({ approval }: { readonly approval: ApprovalView }) {
  const counts = approval.state === 'counts';
  return (
    <li class="approval">
      <span class={counts ? 'tone-good' : 'tone-quiet'}>
        <Icon name={counts ? 'check' : 'dash'} />
      </span>
      <div>
        <p>
          <strong>{approval.by}</strong> {counts ? 'approved' : 'approved, and it has lapsed'}{' '}
          <span class="soft">
            <Ago at={approval.atEpochMs} />
            {approval.groups.length > 0 && <>, as {approval.groups.join(', ')}</>}
          </span>
        </p>
        {approval.comment !== '' && <p>“{approval.comment}”</p>}
        {approval.lapsedBecause !== undefined && <p class="soft">{approval.lapsedBecause}</p>}
      </div>
    </li>
  );
}
