import { useRef } from 'preact/hooks';
import { useQuery } from '../../browser/use-query.ts';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readStages } from '../../live/reads.ts';

const FIELDS = [
  { name: 'person', label: 'Person' },
  { name: 'service', label: 'Service, or another resource' },
  { name: 'digest', label: 'Digest or revision' },
  { name: 'promotion', label: 'Promotion' },
] as const;
const DAYS = [
  { name: 'from', label: 'From (UTC)' },
  { name: 'to', label: 'To (UTC)' },
] as const;
/** So long nobody types any more. */
const PAUSE_MS = 300;

/** What is searched for; all of it is in the address. */
export function HistoryFilters() {
  const { query, change } = useQuery();
  const stages = shownOf(useAnswer(readStages))?.stages.map(({ name }) => name as string) ?? [];
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  const later = (name: string, value: string): void => {
    clearTimeout(pause.current);
    pause.current = setTimeout(() => change({ [name]: value }), PAUSE_MS);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    clearTimeout(pause.current);
    const form = new FormData(event.currentTarget as HTMLFormElement);
    change(Object.fromEntries([...form].map(([name, value]) => [name, String(value)])), true);
  };
  return (
    <search>
      <form class="filters history-filters" onSubmit={submit}>
        {FIELDS.map(({ name, label }) => (
          <label key={name} class="field">
            {label}
            <input
              type="search"
              name={name}
              value={query[name] ?? ''}
              onInput={({ currentTarget }) => later(name, currentTarget.value)}
            />
          </label>
        ))}
        {DAYS.map(({ name, label }) => (
          <label key={name} class="field">
            {label}
            <input
              type="date"
              name={name}
              value={query[name] ?? ''}
              onInput={({ currentTarget }) => later(name, currentTarget.value)}
            />
          </label>
        ))}
        <label class="field">
          Stage
          <select
            name="stage"
            value={query.stage ?? ''}
            onChange={({ currentTarget }) => change({ stage: currentTarget.value })}
          >
            <option value="">all stages</option>
            {stages.map((stage) => (
              <option key={stage} value={stage}>
                {stage}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Event
          <input
            type="search"
            name="kind"
            placeholder="approved"
            value={query.kind ?? ''}
            onInput={({ currentTarget }) => later('kind', currentTarget.value)}
          />
        </label>
        <button type="submit" class="button">
          Search
        </button>
      </form>
    </search>
  );
}
