import { useQuery } from '../../browser/use-query.ts';
import { useTitle } from '../../browser/use-title.ts';
import { ChainPanel } from './chain-panel.tsx';
import { HistoryFilters } from './history-filters.tsx';
import { historyQueryOf } from './history-query.ts';
import { HistoryRows } from './history-rows.tsx';
import { HistoryTabs } from './history-tabs.tsx';
import './history-page.css';

/** The audit log: searched, and verified on screen. */
export function HistoryPage() {
  useTitle('History');
  const { query } = useQuery();
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>History</h1>
        <HistoryTabs />
      </header>
      <ChainPanel />
      <HistoryFilters />
      <HistoryRows key={JSON.stringify(historyQueryOf(query))} query={historyQueryOf(query)} />
    </>
  );
}
