import type { MatrixView } from '../../../api/types/matrix.ts';
import { useQuery } from '../../browser/use-query.ts';
import { LookBadge } from '../look-badge.tsx';
import { Panel } from '../panel.tsx';
import { VERDICT_LOOKS } from '../state-look.ts';
import { CellDetails } from './cell-details.tsx';
import { CellGrid } from './cell-grid.tsx';
import './matrix.css';

/** Stage by Envoy version, as it fills; and one cell of it, which the address names. */
export function MatrixPanel({ matrix }: { readonly matrix: MatrixView }) {
  const { query, change } = useQuery();
  const { verdict, cells, progress, asBefore } = matrix;
  // Unless somebody chose: the first that did not pass is what people want to see.
  const worst = cells.find(({ state }) => state === 'fail') ?? cells.find(({ state }) => state === 'inconclusive');
  const chosen = cells.find(({ id }) => id === query.cell) ?? worst;
  return (
    <Panel
      id="matrix"
      title="Matrix"
      aside={
        <>
          {verdict && <LookBadge look={VERDICT_LOOKS[verdict]} />}
          {progress !== undefined && <p class="soft small">{progress}</p>}
          {asBefore && <p class="soft small">proved before, for exactly these bytes</p>}
        </>
      }
    >
      {cells.length === 0 ? (
        <p class="soft">No cell has begun.</p>
      ) : (
        <CellGrid matrix={matrix} chosen={chosen?.id} onChoose={(id) => change({ cell: id })} />
      )}
      {chosen ? (
        <CellDetails cell={chosen} />
      ) : (
        cells.length > 0 && <p class="small soft">Choose a cell to see what was asked of it, and what it answered.</p>
      )}
    </Panel>
  );
}
