import type { FleetRow } from '../../../api/types/fleet.ts';
import { useQuery } from '../../browser/use-query.ts';
import { NODE_LOOKS } from '../../components/state-look.ts';
import { countWords } from '../../format/numbers.ts';
import { ORDERS } from './fleet-filter.ts';

const ORDER_WORDS = { problems: 'problems first', name: 'name', connected: 'longest connected' } as const;

/** Filters of the fleet; all of them are in the address. */
export function FleetFilters({ rows }: { readonly rows: readonly FleetRow[] }) {
  const { query, change } = useQuery();
  const count = (of: (row: FleetRow) => string): readonly (readonly [string, number])[] =>
    [...Map.groupBy(rows, of)].map(([name, those]) => [name, those.length] as const);
  const choices = [
    { name: 'stage', label: 'Stage', all: 'all stages', of: count(({ stage }) => stage) },
    { name: 'state', label: 'State', all: 'all states', of: count(({ state }) => state) },
    { name: 'version', label: 'Envoy', all: 'all versions', of: count(({ version }) => version).toSorted() },
  ];
  return (
    <search>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="field field-wide">
          Name, or what it says of what it refuses
          <input
            type="search"
            value={query.text ?? ''}
            onInput={({ currentTarget }) => change({ text: currentTarget.value })}
          />
        </label>
        {choices.map(({ name, label, all, of }) => (
          <label key={name} class="field">
            {label}
            <select value={query[name] ?? ''} onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}>
              <option value="">{all}</option>
              {of.map(([value, many]) => (
                <option key={value} value={value}>
                  {name === 'state' ? NODE_LOOKS[value as FleetRow['state']].word : value} ({countWords(many)})
                </option>
              ))}
            </select>
          </label>
        ))}
        <label class="field">
          Order
          <select
            value={query.order ?? 'problems'}
            onChange={({ currentTarget }) =>
              change({ order: currentTarget.value === 'problems' ? undefined : currentTarget.value })
            }
          >
            {ORDERS.map((order) => (
              <option key={order} value={order}>
                {ORDER_WORDS[order]}
              </option>
            ))}
          </select>
        </label>
      </form>
    </search>
  );
}
