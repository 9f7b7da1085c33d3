import type { HostChangeView, PanicView } from '../../../api/types/diff.ts';
import { plural } from '../../format/numbers.ts';
import { Badge } from '../badge.tsx';
import { ChangeSign } from './change-sign.tsx';

/** Clusters whose hosts change, with the arithmetic of panic mode. */
export function HostChanges({ hosts }: { readonly hosts: readonly HostChangeView[] }) {
  return (
    <div class="diff-hosts">
      <h3>Hosts</h3>
      {hosts.map(({ cluster, added, removed, panic }) => (
        <div key={cluster} class="diff-host-cluster">
          <h4 class="wrap-any">{cluster}</h4>
          <ul class="diff-host-list">
            {added.map((host) => (
              <li key={`+${host}`}>
                <ChangeSign change="added" />
                <code>{host}</code>
              </li>
            ))}
            {removed.map((host) => (
              <li key={`-${host}`}>
                <ChangeSign change="removed" />
                <code>{host}</code>
              </li>
            ))}
          </ul>
          {panic.map((one) => (
            <PanicArithmetic key={one.priority} panic={one} />
          ))}
        </div>
      ))}
    </div>
  );
}

function PanicArithmetic({ panic }: { readonly panic: PanicView }) {
  const { priority, thresholdPercent, healthyBefore, healthyKept, markedDown, added, removed, safe, largestSafeStep } =
    panic;
  return (
    <div class="diff-panic">
      <p>
        <Badge tone={safe ? 'good' : 'bad'} icon={safe ? 'check' : 'alert'}>
          {safe ? 'no panic mode' : 'panic mode possible'}
        </Badge>{' '}
        priority {priority}, threshold {thresholdPercent} %
      </p>
      <p class="small soft">
        {plural(healthyBefore, 'healthy host')} before, {healthyKept} stay
        {markedDown > 0 && <>, {markedDown} marked down</>}; {added.length} come, {removed.length} go. In the worst case{' '}
        {healthyKept} of {healthyKept + added.length} are healthy.{' '}
        {largestSafeStep === null
          ? 'Panic mode is off: any number is safe.'
          : `At most ${largestSafeStep} may come in one step.`}
      </p>
      {!safe && panic.steps.length > 0 && (
        <ol class="small">
          {panic.steps.map((step, index) => (
            <li key={step.join()}>
              step {index + 1}: {step.join(', ')}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
