import type { RehearsalTimeline } from '../../../../conformance/report/rehearsal-timeline.ts';
import { countWords, plural, rateWords } from '../../format/numbers.ts';
import { CHART_TONES, type ChartData } from '../charts/chart-data.ts';

/** Lines that can be told apart; the rest is one line together. */
const MOST_CLUSTERS = 4;
const ITSELF = 'Envoy itself';

/** Requests and failures, who served them, and the panic counter where it moved. */
export function rehearsalCharts(timeline: RehearsalTimeline): readonly ChartData[] {
  const { stepMs, points, phases, panic } = timeline;
  const perSecond = 1_000 / stepMs;
  const frame = {
    times: points.map((_, index) => (index * stepMs) / 1_000),
    scale: 'seconds' as const,
    marks: phases.filter(({ atMs }) => atMs > 0).map(({ atMs, phase }) => ({ at: atMs / 1_000, name: phase })),
    range: { min: 0 },
  };
  const sent = points.reduce((sum, point) => sum + point.sent, 0);
  const failed = points.reduce((sum, point) => sum + point.failed, 0);
  const charts: ChartData[] = [
    {
      ...frame,
      title: 'Requests',
      says: `${failed === 0 ? 'none' : countWords(failed)} of ${plural(sent, 'request')} failed`,
      words: rateWords,
      series: [
        { name: 'per second', tone: 'accent', values: points.map((point) => point.sent * perSecond) },
        {
          name: 'failed per second',
          tone: 'bad',
          dashed: true,
          values: points.map((point) => point.failed * perSecond),
        },
      ],
    },
  ];
  const served = servedBy(points);
  if (served.length > 0)
    charts.push({
      ...frame,
      title: 'Who served',
      says: served.map(({ name, sum }) => `${name} ${countWords(sum)}`).join(', '),
      words: rateWords,
      series: served.map(({ name, values }, index) => ({
        name,
        tone: CHART_TONES[index % CHART_TONES.length] ?? 'quiet',
        dashed: index % 2 === 1,
        values: values.map((value) => value * perSecond),
      })),
    });
  const picks = panic.at(-1)?.picks ?? 0;
  if (picks > 0)
    charts.push({
      ...frame,
      title: 'Panic counter',
      says: `${plural(picks, 'request')} went to hosts in panic mode`,
      times: panic.map(({ atMs }) => atMs / 1_000),
      words: countWords,
      series: [{ name: 'in panic mode', tone: 'bad', values: panic.map((one) => one.picks) }],
    });
  return charts;
}

/** The clusters that answered most, each over time, and all others as one. */
function servedBy(
  points: RehearsalTimeline['points'],
): readonly { readonly name: string; readonly sum: number; readonly values: readonly number[] }[] {
  const names = [...new Set(points.flatMap((point) => Object.keys(point.servedBy)))];
  const lines = names
    .map((name) => {
      const values = points.map((point) => point.servedBy[name] ?? 0);
      return { name: name === '' ? ITSELF : name, values, sum: values.reduce((all, value) => all + value, 0) };
    })
    .toSorted((a, b) => b.sum - a.sum);
  const [first, rest] = [lines.slice(0, MOST_CLUSTERS), lines.slice(MOST_CLUSTERS)];
  if (rest.length === 0) return first;
  const values = points.map((_, index) => rest.reduce((all, line) => all + (line.values[index] ?? 0), 0));
  return [
    ...first,
    { name: plural(rest.length, 'other cluster'), values, sum: values.reduce((all, value) => all + value, 0) },
  ];
}
