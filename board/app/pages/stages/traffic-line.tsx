import type { TrafficView } from '../../../api/types/stages.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { countWords, latencyWords, percentWords } from '../../format/numbers.ts';
import { spanWords } from '../../format/times.ts';

/** Success rate and latency of a stage, as figures, with a line each for how they went. */
export function TrafficLine({ stage, traffic }: { readonly stage: string; readonly traffic: TrafficView }) {
  const { sum, points, stepMs } = traffic;
  const span = spanWords(points.length * stepMs);
  if (!sum || sum.requests === 0)
    return (
      <div>
        <h3>Traffic, {span}</h3>
        <p class="soft">{sum ? 'No requests.' : 'Nothing is known: no access logs or metrics have come.'}</p>
      </div>
    );
  const failing = (sum.successShare ?? 1) < 0.99;
  return (
    <div class="stage-traffic">
      <h3>
        <a href={`/mesh/${encodeURIComponent(stage)}`}>Traffic, {span}</a>
      </h3>
      <div class="trend">
        <p>
          <strong class={failing ? 'tone-bad' : ''}>
            {sum.successShare === undefined ? '–' : percentWords(sum.successShare)}
          </strong>{' '}
          <span class="soft small">
            success of {countWords(sum.requests)}
            {sum.failures > 0 && <>, {countWords(sum.failures)} failed</>}
          </span>
        </p>
        <Sparkline
          values={points.map((point) => point?.successShare ?? null)}
          ceiling={1}
          tone={failing ? 'bad' : 'good'}
        />
      </div>
      <div class="trend">
        <p>
          <strong>{sum.p99Ms === undefined ? '–' : latencyWords(sum.p99Ms)}</strong>{' '}
          <span class="soft small">p99{sum.p50Ms !== undefined && <>, p50 {latencyWords(sum.p50Ms)}</>}</span>
        </p>
        <Sparkline values={points.map((point) => point?.p99Ms ?? null)} floor={0} tone="busy" />
      </div>
      {sum.panicPicks > 0 && (
        <p class="small tone-bad">{countWords(sum.panicPicks)} requests went to hosts in panic mode.</p>
      )}
    </div>
  );
}
