import { useState } from 'preact/hooks';
import type { AuditRow } from '../../../api/types/audit.ts';
import type { HistoryView } from '../../../api/types/history.ts';
import { Ago } from '../../components/ago.tsx';
import { Digest } from '../../components/digest.tsx';
import { Empty } from '../../components/empty.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Shown } from '../../components/shown.tsx';
import { Table } from '../../components/table.tsx';
import { actorWords } from '../../format/actor-name.ts';
import { countWords } from '../../format/numbers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readHistory } from '../../live/reads.ts';

/** Rows of the audit log, newest first; more of them as far back as somebody wants. */
export function HistoryRows({ query }: { readonly query: Readonly<Record<string, string>> }) {
  return (
    <div class="panel history">
      <ScrollArea class="scroll-x panel-body" label="Rows of the audit log">
        <Page query={query} isFirst />
      </ScrollArea>
    </div>
  );
}

/** One page, and below it the next one once it is asked for. */
function Page({
  query,
  isFirst = false,
}: {
  readonly query: Readonly<Record<string, string>>;
  readonly isFirst?: boolean;
}) {
  return (
    <Shown answered={useAnswer(readHistory(query))} what="the audit log">
      {(view) => <PageRows view={view} query={query} isFirst={isFirst} />}
    </Shown>
  );
}

function PageRows(props: {
  readonly view: HistoryView;
  readonly query: Readonly<Record<string, string>>;
  readonly isFirst: boolean;
}) {
  const { view, query, isFirst } = props;
  // Kept as it was when it was pressed: new rows at the top must not turn the pages below.
  const [next, setNext] = useState<number>();
  if (view.rows.length === 0) return <Empty icon="search" title="No row of the audit log is like that." />;
  return (
    <>
      {view.readUpTo && (
        <p class="small soft">
          The log is being read in: rows up to {countWords(view.readUpTo.seq)} of {countWords(view.readUpTo.of)} are
          searched.
        </p>
      )}
      <Table goesOn={!isFirst} columns={[{ number: 'Row' }, 'When', 'Who', 'Stage', 'Promotion', 'What', 'Hash']}>
        {view.rows.map((row) => (
          <HistoryRow key={row.seq} row={row} />
        ))}
      </Table>
      {next !== undefined ? (
        <Page query={{ ...query, before: String(next) }} />
      ) : (
        view.next !== undefined && (
          <button type="button" class="button" onClick={() => setNext(view.next)}>
            Older rows
          </button>
        )
      )}
    </>
  );
}

function HistoryRow({
  row: { seq, atEpochMs, actor, stage, promotion, kind, words, hash },
}: {
  readonly row: AuditRow;
}) {
  return (
    <tr>
      <td class="number soft">{seq}</td>
      <td class="history-time">
        <Ago at={atEpochMs} />
      </td>
      <td>{actorWords(actor)}</td>
      <td>{stage ?? '–'}</td>
      <td>
        {promotion === undefined ? '–' : <a href={`/promotions/${encodeURIComponent(promotion)}`}>{promotion}</a>}
      </td>
      <td class="wrap-any history-words">
        {kind === 'refusal' && <strong class="tone-bad">refused: </strong>}
        {words}
      </td>
      <td>
        <Digest value={hash} length={8} />
      </td>
    </tr>
  );
}
