import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ActionAnswer } from '../../api/types/action.ts';
import type { Problem } from '../../api/types/problem.ts';
import { Icon } from '../components/icon.tsx';
import { Trouble } from '../components/trouble.tsx';
import { act } from '../live/act.ts';
import { problemOf } from '../live/problem.ts';
import type { ActionOffer } from './action-offer.ts';
import './action-dialog.css';
import { tellDone } from './done-notice.tsx';
import { OfferFields } from './offer-fields.tsx';
import type { May } from './use-may.ts';

/** Asks whether to do it, does it once, and says what came of it in the words of the pipeline. */
export function ActionDialog(props: {
  /** As it was when it was opened: what was shown then is what is decided, whatever changes on the page behind it. */
  readonly offer: ActionOffer;
  /** It is not to be decided any more, or about something else. */
  readonly hasMovedOn: boolean;
  readonly may: May;
  readonly onClose: () => void;
}) {
  const { offer, hasMovedOn, may, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [request] = useState(() => crypto.randomUUID());
  const [filled, setFilled] = useState({ reason: '', text: '', ticked: offer.ticks?.ticked ?? [] });
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const title = useId();
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
      const { reason, text, ticked } = filled;
      const command = offer.command({ reason: reason.trim(), text: text.trim(), ticked });
      const answer = await act({ command, request }, may.csrf);
      if (answer.kind === 'refused') return setProblem(refusalOf(answer));
      tellDone(answer);
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={title} onClose={onClose}>
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
        <OfferFields offer={offer} rules={may.asks} filled={filled} onFill={setFilled} />
        {problem && <Trouble problem={problem} />}
        <div role="status">
          {hasMovedOn && !isBusy && (
            <p class="moved-on">
              <Icon name="alert" />
              This has moved on since you opened the question. Close it and look at what is there now.
            </p>
          )}
        </div>
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={onClose}>
            Not now
          </button>
          <button
            type="submit"
            class={offer.weight === 'grave' ? 'button button-grave' : 'button button-main'}
            disabled={isBusy || hasMovedOn}
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
