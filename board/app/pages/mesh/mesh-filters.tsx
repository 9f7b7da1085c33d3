import { useId } from 'preact/hooks';
import type { MapService } from '../../../api/types/mesh-map.ts';
import { useQuery } from '../../browser/use-query.ts';
import { countWords } from '../../format/numbers.ts';
import { mapOrList } from './map-or-list.ts';
import { found, MOST_DRAWN } from './map-part.ts';

const SPANS = [
  ['5', '5 minutes'],
  ['15', '15 minutes'],
  ['60', 'an hour'],
  ['360', '6 hours'],
  ['1440', 'a day'],
] as const;

/** What of the map is shown, and how; all of it is in the address. */
export function MeshFilters({ services }: { readonly services: readonly MapService[] }) {
  const { query, change } = useQuery();
  const names = useId();
  const view = mapOrList(query.view);
  const search = query.q ?? '';
  const onSearch = (event: Event): void => {
    event.preventDefault();
    const [only] = found(services, search);
    const exact = services.find(({ name }) => name === search);
    const target = exact ?? only;
    if (target) change({ focus: target.name, q: undefined }, true);
  };
  return (
    <search>
      <form class="filters" onSubmit={onSearch}>
        <label class="field field-wide">
          Service
          <input
            type="search"
            list={names}
            placeholder="Name; Enter shows what it calls and who calls it"
            value={search}
            onInput={({ currentTarget }) => change({ q: currentTarget.value })}
          />
        </label>
        <datalist id={names}>
          {found(services, search)
            .slice(0, 30)
            .map(({ name }) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <label class="field">
          Show
          <select
            value={query.show ?? ''}
            onChange={({ currentTarget }) => change({ show: currentTarget.value, focus: undefined, steps: undefined })}
          >
            <option value="">{services.length > MOST_DRAWN ? `the ${MOST_DRAWN} most pressing` : 'all'}</option>
            <option value="failing">where requests fail</option>
            {services.length > MOST_DRAWN && <option value="all">all {countWords(services.length)}</option>}
          </select>
        </label>
        <label class="field">
          Of the last
          <select
            value={query.minutes ?? '15'}
            onChange={({ currentTarget }) => change({ minutes: currentTarget.value })}
          >
            {SPANS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <fieldset class="segments">
          <legend class="unseen">Show as</legend>
          <button type="button" aria-pressed={view === 'map'} onClick={() => change({ view: 'map' })}>
            Map
          </button>
          <button type="button" aria-pressed={view === 'list'} onClick={() => change({ view: 'list' })}>
            List
          </button>
        </fieldset>
      </form>
    </search>
  );
}
