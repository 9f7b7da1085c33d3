import type { ComponentChildren } from 'preact';
import type { Stale } from '../../api/types/problem.ts';
import type { Answered } from '../live/answers.ts';
import { answers } from '../live/board-answers.ts';
import { Ago } from './ago.tsx';
import { Icon } from './icon.tsx';
import { Trouble } from './trouble.tsx';

/** An answer in each of its states: on its way, there, there but old, not to be had. */
export function Shown<T>(props: {
  readonly answered: Answered<T>;
  /** `the stages`. */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}) {
  const { answered, what, children } = props;
  switch (answered.kind) {
    case 'loading':
      return <Loading what={what} />;
    case 'failed':
      return (
        <Trouble problem={answered.problem}>
          <button type="button" class="button" onClick={() => answers.refetchFailed()}>
            Try again
          </button>
        </Trouble>
      );
    case 'stale':
      return (
        <>
          <p class="stale-parts">
            <span>
              <Icon name="alert" />
              {what} could not be read anew: {answered.problem.problem}. What you see is older.
            </span>
          </p>
          {children(answered.value)}
        </>
      );
    case 'ready':
      return <>{children(answered.value)}</>;
    default:
      return answered satisfies never;
  }
}

function Loading({ what }: { readonly what: string }) {
  return (
    <div class="loading" aria-busy="true">
      <i />
      <i />
      <i />
      <i />
      <span class="unseen">Reading {what}</span>
    </div>
  );
}

/** Parts of an answer that could not be had anew, each with since when. */
export function StaleParts({ stale }: { readonly stale: readonly Stale[] }) {
  if (stale.length === 0) return null;
  return (
    <ul class="stale-parts">
      {stale.map(({ what, problem, sinceEpochMs }) => (
        <li key={what}>
          <Icon name="alert" />
          {what}: {problem}.{' '}
          {sinceEpochMs === undefined ? (
            'It was never read.'
          ) : (
            <>
              What you see of it is of <Ago at={sinceEpochMs} />.
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
