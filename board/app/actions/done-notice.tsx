import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { ActionAnswer } from '../../api/types/action.ts';
import { announce } from '../browser/announcer.tsx';
import { Icon } from '../components/icon.tsx';
import './done-notice.css';

const done = signal<ActionAnswer | undefined>(undefined);

/** Says what came of an action, to those who see the page and to those who hear it. */
export function tellDone(answer: ActionAnswer): void {
  done.value = answer;
  announce([answer.title, ...linesOf(answer)].join('. '));
}

const linesOf = ({ blocks }: ActionAnswer): readonly string[] =>
  blocks.flatMap((block) => (block.kind === 'lines' ? block.lines : []));

/** What came of the last action, in the words of the pipeline: what happens next, and who has to do it. It stays until it is read. */
export function DoneNotice() {
  const { path } = useLocation();
  const answer = done.value;
  // Of this page: who goes elsewhere has read it.
  useEffect(
    () => () => {
      done.value = undefined;
    },
    [path],
  );
  if (!answer) return null;
  const { title, promotion, verification } = answer;
  const about =
    verification === undefined
      ? promotion && { id: promotion, href: `/promotions/${encodeURIComponent(promotion)}` }
      : { id: verification, href: `/verifications/${encodeURIComponent(verification)}` };
  return (
    <section class="done-notice" aria-label="What was done">
      <Icon name="check" />
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        {linesOf(answer).map((line) => (
          <p key={line} class="small">
            {line}
          </p>
        ))}
        {about && path !== about.href && (
          <p class="small">
            <a href={about.href}>Look at {about.id}</a>
          </p>
        )}
      </div>
      <button
        type="button"
        class="button-quiet"
        onClick={() => {
          done.value = undefined;
        }}
      >
        <Icon name="cross" />
        <span class="unseen">Close</span>
      </button>
    </section>
  );
}
