import type { AuditRow } from '../../../api/types/audit.ts';
import { Ago } from '../../components/ago.tsx';
import { Panel } from '../../components/panel.tsx';
import { actorWords } from '../../format/actor-name.ts';

/** What happened, row by row of the audit log. */
export function AuditTrail({ rows }: { readonly rows: readonly AuditRow[] }) {
  return (
    <Panel id="audit" title="Audit trail">
      <ol class="trail">
        {rows.map(({ seq, atEpochMs, actor, words }) => (
          <li key={seq}>
            <span class="trail-number">{seq}</span>
            <div>
              <p>{words}</p>
              <p class="soft">
                {actorWords(actor)}, <Ago at={atEpochMs} />
              </p>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
