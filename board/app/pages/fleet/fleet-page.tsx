import { useMemo } from 'preact/hooks';
import { fleetRows } from '../../../api/fleet-rows.ts';
import type { FleetPayload } from '../../../api/types/fleet.ts';
import { useQuery } from '../../browser/use-query.ts';
import { useTitle } from '../../browser/use-title.ts';
import { Empty } from '../../components/empty.tsx';
import { Shown, StaleParts } from '../../components/shown.tsx';
import { countWords } from '../../format/numbers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readFleet } from '../../live/reads.ts';
import { fleetPart } from './fleet-filter.ts';
import { FleetFilters } from './fleet-filters.tsx';
import './fleet-page.css';
import { FleetTable } from './fleet-table.tsx';
import { NodeDetails } from './node-details.tsx';

/** Every Envoy that control planes know. */
export function FleetPage() {
  useTitle('Fleet');
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>Fleet</h1>
      </header>
      <Shown answered={useAnswer(readFleet)} what="the fleet">
        {(payload) => <Fleet payload={payload} />}
      </Shown>
    </>
  );
}

function Fleet({ payload }: { readonly payload: FleetPayload }) {
  const { query, change } = useQuery();
  const rows = useMemo(() => fleetRows(payload), [payload]);
  const { stage, state, version, text, order } = query;
  const part = useMemo(
    () => fleetPart(rows, { stage, state, version, text, order }),
    [rows, stage, state, version, text, order],
  );
  const chosen = query.node === undefined ? undefined : rows.find(({ node }) => node === query.node);
  if (rows.length === 0)
    return (
      <Empty icon="question" title="No Envoy has connected yet.">
        They show here as soon as a control plane of a stage (<code>mesh serve</code>) has seen them.
      </Empty>
    );
  return (
    <>
      <StaleParts stale={payload.stale} />
      <FleetFilters rows={rows} />
      <p class="small soft fleet-count" role="status">
        {part.length === rows.length
          ? `${countWords(rows.length)} Envoys`
          : `${countWords(part.length)} of ${countWords(rows.length)} Envoys`}
      </p>
      {chosen && <NodeDetails row={chosen} onClose={() => change({ node: undefined })} />}
      {part.length === 0 ? (
        <Empty icon="search" title="No Envoy is like that.">
          <a href="/fleet">Show all</a>
        </Empty>
      ) : (
        <FleetTable rows={part} chosen={chosen?.node} onChoose={(node) => change({ node })} />
      )}
    </>
  );
}
