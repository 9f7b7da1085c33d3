import type { FleetRow } from '../../../api/types/fleet.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { Icon } from '../../components/icon.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { NODE_LOOKS } from '../../components/state-look.ts';
import { typeWords } from './type-words.ts';

/** One Envoy, with the whole of what it says. */
export function NodeDetails({ row, onClose }: { readonly row: FleetRow; readonly onClose: () => void }) {
  return (
    <section class="panel node-details" aria-label={`Envoy ${row.node}`}>
      <header class="panel-head">
        <h2 class="wrap-any">{row.node}</h2>
        <LookBadge look={NODE_LOOKS[row.state]} />
        <button type="button" class="button-quiet push" onClick={onClose}>
          <Icon name="cross" />
          <span class="unseen">Close</span>
        </button>
      </header>
      <div class="panel-body">
        <dl class="facts">
          <dt>stage</dt>
          <dd>{row.stage}</dd>
          <dt>Envoy</dt>
          <dd>{row.version}</dd>
          <dt>is served</dt>
          <dd>
            <Digest value={row.digest} />
          </dd>
          <dt>state since</dt>
          <dd>
            <Ago at={row.stateSinceEpochMs} />
          </dd>
          <dt>connected since</dt>
          <dd>
            <Ago at={row.connectedSinceEpochMs} />
          </dd>
          <dt>types</dt>
          <dd>{typeWords({ ...row, refused: [] })}</dd>
        </dl>
        {row.refused.map(({ type, resources, reason }) => (
          <div key={type} class="finding">
            <p>
              <strong>{type} NACKed</strong> <span class="soft">{resources.join(', ')}</span>
            </p>
            <p class="wrap-any">
              <code>{reason}</code>
            </p>
          </div>
        ))}
      </div>
    </section>
  );
}
