import type { ObservationView } from '../../../api/types/promotion.ts';
import { Ago } from '../../components/ago.tsx';
import { Chart } from '../../components/charts/chart.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { FindingsList } from '../../components/findings/findings-list.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { Panel } from '../../components/panel.tsx';
import type { Look } from '../../components/state-look.ts';
import { Table } from '../../components/table.tsx';
import { beforeAndAfter, observationCharts } from './observation-charts.ts';

const OUTCOMES: Readonly<Record<NonNullable<ObservationView['outcome']>, Look>> = {
  healthy: { tone: 'good', icon: 'check', word: 'healthy' },
  harm: { tone: 'bad', icon: 'alert', word: 'harm' },
  nothing: { tone: 'warn', icon: 'question', word: 'nobody could tell' },
};

/** The fleet before the push against the fleet after it. */
export function ObservationPanel({ observation }: { readonly observation: ObservationView }) {
  const { outcome, endsEpochMs, findings, figures } = observation;
  const look: Look = outcome ? OUTCOMES[outcome] : { tone: 'busy', icon: 'spin', word: 'watching', turning: true };
  return (
    <Panel
      id="observation"
      title="Observation"
      aside={
        <>
          <LookBadge look={look} />
          {endsEpochMs !== undefined && !outcome && (
            <p class="soft small push">
              ends <Ago at={endsEpochMs} />
            </p>
          )}
        </>
      }
    >
      <div class="scroll-x">
        <Table
          caption="Before the push against after it"
          columns={['Traffic', { number: 'before' }, { number: 'after' }]}
        >
          {beforeAndAfter(observation).map(({ what, before, after }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td class="number">{before}</td>
              <td class="number">{after}</td>
            </tr>
          ))}
        </Table>
      </div>
      <div class="charts">
        {observationCharts(observation).map((data) => (
          <Chart key={data.title} data={data} />
        ))}
      </div>
      {findings.length > 0 && <FindingsList findings={findings} />}
      {figures !== undefined && (
        <Disclosure title="The figures that it was judged by">
          <JsonText value={figures} label="Figures of the observation" />
        </Disclosure>
      )}
    </Panel>
  );
}
