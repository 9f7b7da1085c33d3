import { useId, useState } from 'preact/hooks';
import { useQuery } from '../../browser/use-query.ts';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readCompareChoices } from '../../live/reads.ts';

/** The two sides, with what there is to choose from. */
export function CompareForm(props: {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly stage: string | undefined;
}) {
  const { change } = useQuery();
  const choices = shownOf(useAnswer(readCompareChoices));
  const list = useId();
  const [from, setFrom] = useState(props.from ?? '');
  const [to, setTo] = useState(props.to ?? '');
  const [stage, setStage] = useState(props.stage ?? '');
  const submit = (event: Event): void => {
    event.preventDefault();
    change({ from: from.trim(), to: to.trim(), stage }, true);
  };
  return (
    <form class="filters compare-form" onSubmit={submit}>
      <label class="field">
        Before
        <input required list={list} value={from} onInput={({ currentTarget }) => setFrom(currentTarget.value)} />
      </label>
      <label class="field">
        After
        <input required list={list} value={to} onInput={({ currentTarget }) => setTo(currentTarget.value)} />
      </label>
      <datalist id={list}>
        {choices?.stages.map((name) => (
          <option key={name} value={name} label={`what is live in ${name}`} />
        ))}
        {choices?.revisions.map(({ revision, liveIn }) => (
          <option
            key={revision}
            value={revision}
            label={liveIn.length > 0 ? `live in ${liveIn.join(', ')}` : revision.slice(0, 12)}
          />
        ))}
      </datalist>
      <label class="field">
        Revisions as rendered for
        <select value={stage} onChange={({ currentTarget }) => setStage(currentTarget.value)}>
          <option value="">the stage of the other side</option>
          {choices?.stages.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button button-main">
        Compare
      </button>
    </form>
  );
}
