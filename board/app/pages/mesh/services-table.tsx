import type { MapEdge, MapService } from '../../../api/types/mesh-map.ts';
import { Icon } from '../../components/icon.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { Table } from '../../components/table.tsx';
import { percentWords, rateWords } from '../../format/numbers.ts';
import { isWorrying } from './map-part.ts';

const KINDS = { cluster: 'service', caller: 'calls only', unknown: 'not in the config' } as const;

/** The map as a list: who is there, who calls them, whom they call. What fails comes first, then what most requests go to. */
export function ServicesTable(props: {
  readonly services: readonly MapService[];
  readonly edges: readonly MapEdge[];
  readonly stage: string;
}) {
  const { services, edges, stage } = props;
  const into = Map.groupBy(edges, ({ to }) => to);
  const out = Map.groupBy(edges, ({ from }) => from);
  const sorted = services.toSorted(
    (a, b) => Number(isWorrying(b)) - Number(isWorrying(a)) || b.requestsPerSecond - a.requestsPerSecond,
  );
  if (services.length === 0) return <p class="soft">No service is named so.</p>;
  return (
    <ScrollArea class="panel scroll-x" label="Services">
      <div class="panel-body">
        <Table columns={['Service', 'Kind', { number: 'Rate' }, { number: 'Failed' }, 'Called by', 'Calls']}>
          {sorted.map((service) => (
            <tr key={service.name}>
              <th scope="row" class="wrap-any">
                <a href={`/mesh/${encodeURIComponent(stage)}/services/${encodeURIComponent(service.name)}`}>
                  {service.name}
                </a>
              </th>
              <td>{KINDS[service.kind]}</td>
              <td class="number">{rateWords(service.requestsPerSecond)}</td>
              <td class={isWorrying(service) ? 'number tone-bad' : 'number'}>
                {isWorrying(service) && <Icon name="alert" />}{' '}
                {service.failureShare === undefined ? '–' : percentWords(service.failureShare)}
              </td>
              <td class="wrap-any">{(into.get(service.name) ?? []).map(({ from }) => from).join(', ') || '–'}</td>
              <td class="wrap-any">{(out.get(service.name) ?? []).map(({ to }) => to).join(', ') || '–'}</td>
            </tr>
          ))}
        </Table>
      </div>
    </ScrollArea>
  );
}
