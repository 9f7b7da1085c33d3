import { useRef } from 'preact/hooks';
import type { FleetRow } from '../../../api/types/fleet.ts';
import { Ago } from '../../components/ago.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { NODE_LOOKS } from '../../components/state-look.ts';
import { typeWords } from './type-words.ts';
import { useVirtualRows } from './use-virtual-rows.ts';

const ROW_PX = 38;
const COLUMNS = ['Envoy', 'State', 'Stage', 'Version', 'Types, and what it refuses', 'Connected', 'Last seen'] as const;

/**
 * A table of any length of which only what is in sight is in the page; its semantics tell of all of it
 * (https://www.w3.org/WAI/ARIA/apg/practices/grid-and-table-properties/).
 */
export function FleetTable(props: {
  readonly rows: readonly FleetRow[];
  readonly chosen: string | undefined;
  readonly onChoose: (node: string) => void;
}) {
  const { rows, chosen, onChoose } = props;
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(place, rows.length, ROW_PX);
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: rows that come and go stand where their place says, which table elements do not
    // biome-ignore-start lint/a11y/useFocusableInteractive: a table to read; what can be pressed in it is a button
    // biome-ignore-start lint/a11y/noNoninteractiveTabindex: a region that scrolls
    <div class="fleet-table" ref={place} tabIndex={0} role="region" aria-label="Envoys, scrolls">
      <div role="table" aria-label="Envoys" aria-rowcount={rows.length + 1} aria-colcount={COLUMNS.length}>
        <div role="rowgroup" class="fleet-head">
          <div role="row" class="fleet-row" aria-rowindex={1}>
            {COLUMNS.map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" class="fleet-rows" style={{ height: `${virtual.height}px` }}>
          {virtual.rows.map(({ index, start }) => {
            const row = rows[index];
            return row ? (
              <Row
                key={`${row.stage} ${row.node}`}
                row={row}
                index={index}
                start={start}
                isChosen={row.node === chosen}
                onChoose={onChoose}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
    // biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above
    // biome-ignore-end lint/a11y/useFocusableInteractive: as above
    // biome-ignore-end lint/a11y/useSemanticElements: as above
  );
}

function Row(props: {
  readonly row: FleetRow;
  readonly index: number;
  readonly start: number;
  readonly isChosen: boolean;
  readonly onChoose: (node: string) => void;
}) {
  const { row, index, start, isChosen, onChoose } = props;
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: as above
    // biome-ignore-start lint/a11y/useFocusableInteractive: as above
    <div
      role="row"
      class={isChosen ? 'fleet-row fleet-row-chosen' : 'fleet-row'}
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${start}px)` }}
    >
      <span role="rowheader">
        <button
          type="button"
          class="fleet-node"
          title={row.node}
          aria-expanded={isChosen}
          onClick={() => onChoose(row.node)}
        >
          {row.node}
        </button>
      </span>
      <span role="cell">
        <LookBadge look={NODE_LOOKS[row.state]} />
      </span>
      <span role="cell">{row.stage}</span>
      <span role="cell">{row.version}</span>
      <span role="cell" class={row.refused.length > 0 ? 'tone-bad' : 'soft'}>
        {typeWords(row)}
      </span>
      <span role="cell">
        <Ago at={row.connectedSinceEpochMs} />
      </span>
      <span role="cell">{row.seenEpochMs === undefined ? 'now' : <Ago at={row.seenEpochMs} />}</span>
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: as above
    // biome-ignore-end lint/a11y/useSemanticElements: as above
  );
}
