import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Command } from '../../../pipeline/commands/command.ts';
import type { ActionAnswer } from '../../api/types/action.ts';
import type { Problem } from '../../api/types/problem.ts';
import { Trouble } from '../components/trouble.tsx';
import { act } from '../live/act.ts';
import { problemOf } from '../live/problem.ts';
import { announce } from '../shell/announcer.tsx';
import './action-dialog.css';

/** Something that can be done with a press of a button. */
export type ActionOffer = {
  /** `Approve`: of the button, and of the one that does it. */
  readonly verb: string;
  /** `Approve canary-3?` */
  readonly title: string;
  readonly weight: 'main' | 'plain' | 'grave';
  /** What it comes to, in a sentence. */
  readonly does: string;
  /** Exactly what it is about: what the decision is bound to. */
  readonly bound: readonly { readonly what: string; readonly is: ComponentChildren }[];
  /** Whether it needs a reason, may have one, or has none. */
  readonly reason: 'wanted' | 'welcome' | 'none';
  readonly command: (reason: string) => Command;
};

/** Asks whether to do it, does it once, and says what came of it in the words of the pipeline. */
export function ActionDialog(props: {
  readonly offer: ActionOffer;
  readonly csrf: string;
  readonly onClose: () => void;
}) {
  // What was shown when it was opened is what is decided, whatever changes on the page behind it.
  const [offer] = useState(props.offer);
  const dialog = useRef<HTMLDialogElement>(null);
  const [request] = useState(() => crypto.randomUUID());
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const title = useId();
  const reasonField = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await act({ command: offer.command(reason.trim()), request }, props.csrf);
      if (answer.kind === 'refused') return setProblem(refusalOf(answer));
      announce(answer.title);
      props.onClose();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={title} onClose={props.onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={title}>{offer.title}</h2>
        <p>{offer.does}</p>
        {offer.bound.length > 0 && (
          <dl class="facts">
            {offer.bound.map(({ what, is }) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{is}</dd>
              </div>
            ))}
          </dl>
        )}
        {offer.reason !== 'none' && (
          <label class="field" for={reasonField}>
            {offer.reason === 'wanted' ? 'Reason' : 'Comment (if you like)'}
            <textarea
              id={reasonField}
              rows={2}
              maxLength={1_000}
              required={offer.reason === 'wanted'}
              value={reason}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        )}
        {problem && <Trouble problem={problem} />}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={props.onClose}>
            Not now
          </button>
          <button
            type="submit"
            class={offer.weight === 'grave' ? 'button button-grave' : 'button button-main'}
            disabled={isBusy}
          >
            {isBusy ? 'One moment' : offer.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}

const refusalOf = ({ title, findings, blocks }: ActionAnswer): Problem => ({
  rule: findings.length === 1 ? (findings[0]?.rule ?? '') : '',
  problem: title,
  want: blocks.flatMap((block) => (block.kind === 'lines' ? block.lines : [])).join(' '),
  findings,
});
