import { Icon, type IconName } from '../../components/icon.tsx';
import type { PromotionStep, StepState } from './promotion-steps.ts';

const LOOKS: Readonly<Record<StepState, { readonly icon: IconName; readonly word: string }>> = {
  done: { icon: 'check', word: 'done' },
  now: { icon: 'arrow', word: 'now' },
  failed: { icon: 'cross', word: 'ended here' },
  open: { icon: 'dot', word: 'to come' },
  'left-out': { icon: 'dash', word: 'did not come to it' },
};

/** How far a promotion has come, as links to the parts of its page. */
export function StepsLine({ steps }: { readonly steps: readonly PromotionStep[] }) {
  return (
    <nav class="steps" aria-label="How far it is">
      <ol>
        {steps.map(({ name, state, panel }) => (
          <li key={name} class={`step step-${state}`}>
            <a href={`#${panel}`} aria-current={state === 'now' ? 'step' : undefined}>
              <Icon name={LOOKS[state].icon} />
              <span>{name}</span>
              <span class="unseen">: {LOOKS[state].word}</span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
