import type { PushView } from '../../../api/types/promotion.ts';
import type { ChartData } from '../../components/charts/chart-data.ts';
import { countWords } from '../../format/numbers.ts';
import { durationWords } from '../../format/times.ts';

/** Envoys that had taken it, over the time since the push. */
export function convergenceChart({ convergence, connected, delivered, intendedEpochMs }: PushView): ChartData {
  const from = delivered?.atEpochMs ?? intendedEpochMs;
  const last = convergence.at(-1);
  const all = convergence.find(({ applied }) => applied >= connected);
  const says = all
    ? `all ${countWords(connected)} Envoys had taken it after ${durationWords(all.atEpochMs - from)}`
    : `${countWords(last?.applied ?? 0)} of ${countWords(connected)} Envoys have taken it`;
  return {
    title: 'Envoys that took it',
    says,
    times: convergence.map(({ atEpochMs }) => (atEpochMs - from) / 1_000),
    scale: 'seconds',
    stepped: true,
    series: [{ name: 'Envoys', tone: 'accent', values: convergence.map(({ applied }) => applied) }],
    marks: [],
    words: (value) => countWords(value),
    range: { min: 0, max: connected },
  };
}
