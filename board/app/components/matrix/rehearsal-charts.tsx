import type { RehearsalTimeline } from '../../../../conformance/report/rehearsal-timeline.ts';
import { Chart } from '../charts/chart.tsx';
import { Disclosure } from '../disclosure.tsx';
import { rehearsalCharts } from './rehearsal-chart-data.ts';

/** What happened to the traffic of one rehearsal. */
export function RehearsalCharts({ timeline }: { readonly timeline: RehearsalTimeline }) {
  const failed = timeline.points.some((point) => point.failed > 0);
  const charts = rehearsalCharts(timeline);
  return (
    <Disclosure
      title={`Timeline of the ${timeline.step}: ${charts[0]?.says ?? ''}`}
      open={failed || timeline.step === 'rehearsal'}
    >
      <div class="charts">
        {charts.map((data) => (
          <Chart key={data.title} data={data} />
        ))}
      </div>
    </Disclosure>
  );
}
