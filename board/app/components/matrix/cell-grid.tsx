import { useRef, useState } from 'preact/hooks';
import type { CellView, MatrixView } from '../../../api/types/matrix.ts';
import { durationWords } from '../../format/times.ts';
import { Icon } from '../icon.tsx';
import { CELL_LOOKS } from '../state-look.ts';
import { gridMove } from './grid-move.ts';

/** One stop for the tab key; arrows go from cell to cell. */
export function CellGrid(props: {
  readonly matrix: MatrixView;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}) {
  const { matrix, chosen, onChoose } = props;
  const { stages, envoys, cells } = matrix;
  const table = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState({ row: 0, column: 0 });
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = gridMove(event.key, at, { rows: stages.length, columns: envoys.length });
    if (!to) return;
    event.preventDefault();
    setAt(to);
    table.current?.querySelector<HTMLElement>(`[data-at="${to.row} ${to.column}"]`)?.focus();
  };
  return (
    <div class="cells-scroll">
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells are gone through with arrow keys */}
      <table class="cells" role="grid" aria-label="Cells of the matrix" ref={table} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <th scope="col">stage</th>
            {envoys.map((envoy) => (
              <th key={envoy} scope="col">
                Envoy {envoy}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stages.map((stage, row) => (
            <tr key={stage}>
              <th scope="row">{stage}</th>
              {envoys.map((envoy, column) => {
                const cell = cells.find((known) => known.stage === stage && known.envoy === envoy);
                const isStop = at.row === row && at.column === column;
                return (
                  <td key={envoy}>
                    <CellButton
                      cell={cell}
                      place={`${row} ${column}`}
                      isStop={isStop}
                      isChosen={cell?.id === chosen}
                      onFocus={() => setAt({ row, column })}
                      onChoose={onChoose}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellButton(props: {
  readonly cell: CellView | undefined;
  readonly place: string;
  readonly isStop: boolean;
  readonly isChosen: boolean;
  readonly onFocus: () => void;
  readonly onChoose: (id: string) => void;
}) {
  const { cell, place, isStop, isChosen, onFocus, onChoose } = props;
  if (!cell)
    return (
      <span class="cell-button" data-at={place} tabIndex={isStop ? 0 : -1}>
        not of this stage
      </span>
    );
  const look = CELL_LOOKS[cell.state];
  const notes = [
    cell.cached ? 'proved before' : '',
    cell.attempt > 1 ? 'second run' : '',
    cell.report && !cell.cached ? durationWords(cell.report.durationMs) : '',
  ].filter((note) => note !== '');
  return (
    <button
      type="button"
      class={`cell-button cell-${look.tone}`}
      data-at={place}
      tabIndex={isStop ? 0 : -1}
      aria-pressed={isChosen}
      onFocus={onFocus}
      onClick={() => onChoose(cell.id)}
    >
      <Icon name={look.icon} turning={look.turning ?? false} />
      <span>{look.word}</span>
      {notes.length > 0 && <small>{notes.join(', ')}</small>}
    </button>
  );
}
