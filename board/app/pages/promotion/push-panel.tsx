import type { PushView } from '../../../api/types/promotion.ts';
import { Ago } from '../../components/ago.tsx';
import { Chart } from '../../components/charts/chart.tsx';
import { Digest } from '../../components/digest.tsx';
import { FleetLine } from '../../components/fleet-line.tsx';
import { Panel } from '../../components/panel.tsx';
import { countWords } from '../../format/numbers.ts';
import { convergenceChart } from './push-charts.ts';

/** What was pushed onto what, and how the fleet took it. */
export function PushPanel({ push, stage }: { readonly push: PushView; readonly stage: string }) {
  const { onto, delivered, intendedEpochMs, approvedBy, fleet, convergence } = push;
  return (
    <Panel id="push" title="Push">
      <dl class="facts">
        <dt>{delivered ? 'pushed' : 'to be pushed'}</dt>
        <dd>
          <Ago at={delivered?.atEpochMs ?? intendedEpochMs} />
        </dd>
        {delivered && (
          <>
            <dt>target is at</dt>
            <dd>
              <Digest value={delivered.targetVersion} />
            </dd>
          </>
        )}
        {onto !== undefined && (
          <>
            <dt>was at</dt>
            <dd>
              <Digest value={onto} />
            </dd>
          </>
        )}
        <dt>approved by</dt>
        <dd>{approvedBy.length > 0 ? approvedBy.join(', ') : 'nobody had to'}</dd>
      </dl>
      {fleet && <FleetLine stage={stage} fleet={fleet} />}
      {convergence.length > 1 ? (
        <Chart data={convergenceChart(push)} />
      ) : (
        <p class="small soft">
          {delivered
            ? `${countWords(push.connected)} Envoys are connected; when each took it is not known.`
            : 'The fleet has not been told yet.'}
        </p>
      )}
    </Panel>
  );
}
