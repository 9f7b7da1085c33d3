import { useId } from 'preact/hooks';
import type { AskRules } from '../../api/types/action.ts';
import type { ActionOffer, Filled } from './action-offer.ts';

/** What an offer asks for before it is done. The pipeline judges it anew; what is wanted here only spares people a refusal. */
export function OfferFields(props: {
  readonly offer: ActionOffer;
  readonly rules: AskRules;
  readonly filled: Filled;
  readonly onFill: (filled: Filled) => void;
}) {
  const { offer, rules, filled, onFill } = props;
  const { text, ticks } = offer;
  const [textField, hint, reasonField] = [useId(), useId(), useId()];
  const reason = rules.reasons[offer.kind];
  return (
    <>
      {ticks && (
        <fieldset class="ticks">
          <legend>{ticks.label}</legend>
          {ticks.options.map((option) => (
            <label key={option}>
              <input
                type="checkbox"
                checked={filled.ticked.includes(option)}
                required={filled.ticked.length === 0}
                onChange={({ currentTarget }) => {
                  const others = filled.ticked.filter((one) => one !== option);
                  onFill({ ...filled, ticked: currentTarget.checked ? [...others, option] : others });
                }}
              />
              {option}
            </label>
          ))}
        </fieldset>
      )}
      {text && (
        <div class="field">
          <label for={textField}>{text.label}</label>
          <input
            id={textField}
            maxLength={200}
            autocomplete="off"
            spellcheck={false}
            required={text.isWanted}
            {...(text.pattern === undefined ? {} : { pattern: text.pattern })}
            {...(text.hint === undefined ? {} : { 'aria-describedby': hint, title: text.hint })}
            value={filled.text}
            onInput={({ currentTarget }) => onFill({ ...filled, text: currentTarget.value })}
          />
          {text.hint !== undefined && <small id={hint}>{text.hint}</small>}
        </div>
      )}
      {reason !== 'none' && (
        <label class="field" for={reasonField}>
          {reason === 'needed' ? 'Reason' : 'Comment (if you like)'}
          <textarea
            id={reasonField}
            rows={2}
            minLength={reason === 'needed' ? rules.reasonLength.least : 0}
            maxLength={rules.reasonLength.most}
            required={reason === 'needed'}
            value={filled.reason}
            onInput={({ currentTarget }) => onFill({ ...filled, reason: currentTarget.value })}
          />
        </label>
      )}
    </>
  );
}
