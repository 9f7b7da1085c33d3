import type { MapEdge } from '../../../api/types/mesh-map.ts';
import { Icon } from '../../components/icon.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Table } from '../../components/table.tsx';
import { countWords, latencyWords, percentWords, rateWords } from '../../format/numbers.ts';
import { isWorrying } from './map-part.ts';

/** Calls, as figures. */
export function EdgesTable({ edges, stage }: { readonly edges: readonly MapEdge[]; readonly stage: string }) {
  if (edges.length === 0) return <p class="small soft">None.</p>;
  const link = (name: string) => (
    <a href={`/mesh/${encodeURIComponent(stage)}/services/${encodeURIComponent(name)}`}>{name}</a>
  );
  return (
    <ScrollArea label="Calls">
      <Table
        columns={[
          'From',
          'To',
          { number: 'Rate' },
          { number: 'Requests' },
          { number: 'Failed' },
          { number: 'p50' },
          { number: 'p99' },
        ]}
      >
        {edges.map((edge) => (
          <tr key={`${edge.from} ${edge.to}`}>
            <td class="wrap-any">{link(edge.from)}</td>
            <td class="wrap-any">{link(edge.to)}</td>
            <td class="number">{edge.requests === 0 ? 'no requests' : rateWords(edge.requestsPerSecond)}</td>
            <td class="number">{countWords(edge.requests)}</td>
            <td class={isWorrying(edge) ? 'number tone-bad' : 'number'}>
              {isWorrying(edge) && <Icon name="alert" />}{' '}
              {edge.failureShare === undefined ? '–' : percentWords(edge.failureShare)}
            </td>
            <td class="number">{edge.p50Ms === undefined ? '–' : latencyWords(edge.p50Ms)}</td>
            <td class="number">{edge.p99Ms === undefined ? '–' : latencyWords(edge.p99Ms)}</td>
          </tr>
        ))}
      </Table>
    </ScrollArea>
  );
}
