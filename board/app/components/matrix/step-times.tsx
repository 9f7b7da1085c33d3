import type { StepReport } from '../../../../conformance/report/matrix-result.ts';
import { durationWords } from '../../format/times.ts';
import { Icon } from '../icon.tsx';
import { ShareBar } from '../share-bar.tsx';
import { VERDICT_LOOKS } from '../state-look.ts';

/** The parts of a cell's run, each with how long it took. */
export function StepTimes({ steps }: { readonly steps: readonly StepReport[] }) {
  const longest = Math.max(1, ...steps.map(({ durationMs }) => durationMs));
  return (
    <ul class="step-times" aria-label="Steps">
      {steps.map(({ name, verdict, durationMs, note }) => {
        const look = VERDICT_LOOKS[verdict];
        return (
          <li key={name}>
            <span class={`tone-${look.tone}`}>
              <Icon name={look.icon} /> <span class="unseen">{look.word}: </span>
              {name}
            </span>
            <ShareBar
              parts={[
                { tone: verdict === 'pass' ? 'busy' : 'bad', count: durationMs },
                { tone: 'none', count: longest - durationMs },
              ]}
            />
            <span class="number">{durationWords(durationMs)}</span>
            <span class="soft step-note wrap-any">{note}</span>
          </li>
        );
      })}
    </ul>
  );
}
