import { ScrollArea } from '../scroll-area.tsx';
import { Table } from '../table.tsx';
import { type ChartData, timeWords } from './chart-data.ts';

/** More rows than that are read by nobody; equal steps of them stand for the rest. */
const MOST_ROWS = 60;

export function ChartTable({ data }: { readonly data: ChartData }) {
  const every = Math.max(1, Math.ceil(data.times.length / MOST_ROWS));
  const rows = data.times.map((at, index) => ({ at, index })).filter(({ index }) => index % every === 0);
  const markOf = (at: number, index: number): string => {
    const next = data.times[index + every] ?? Number.POSITIVE_INFINITY;
    const found = data.marks.filter((mark) => mark.at >= at && mark.at < next);
    return found.map(({ name }) => name).join(', ');
  };
  const columns = [
    data.scale === 'clock' ? 'Time (UTC)' : 'After',
    ...data.series.map(({ name }) => ({ number: name })),
    'What began',
  ];
  return (
    <ScrollArea class="chart-table scroll-x" label={`${data.title}, as a table`}>
      <Table columns={columns}>
        {rows.map(({ at, index }) => (
          <tr key={at}>
            <th scope="row">{timeWords(data.scale, at)}</th>
            {data.series.map(({ name, values }) => {
              const value = values[index] ?? null;
              return (
                <td key={name} class="number">
                  {value === null ? 'not known' : data.words(value)}
                </td>
              );
            })}
            <td>{markOf(at, index)}</td>
          </tr>
        ))}
      </Table>
    </ScrollArea>
  );
}
