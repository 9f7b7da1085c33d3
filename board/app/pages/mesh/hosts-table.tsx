import type { ServiceHost, ServiceView } from '../../../api/types/service.ts';
import { LookBadge } from '../../components/look-badge.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import type { Look } from '../../components/state-look.ts';
import { Table } from '../../components/table.tsx';

/** As Envoy names health, and as control planes see it. What is neither good nor bad is not known. */
function healthLook({ health, onTrial }: ServiceHost): Look {
  const word = health.toLowerCase();
  if (word === 'healthy') return { tone: 'good', icon: 'check', word: onTrial ? 'healthy, on trial' : 'healthy' };
  if (word === 'unhealthy' || word === 'timeout') return { tone: 'bad', icon: 'cross', word };
  if (word === 'draining' || word === 'degraded') return { tone: 'warn', icon: 'alert', word };
  return { tone: 'quiet', icon: 'question', word: onTrial ? `${word}, on trial` : word };
}

export function HostsTable({ service: { hosts, hostsFrom } }: { readonly service: ServiceView }) {
  return (
    <Panel
      id="hosts"
      title={`Hosts (${hosts.length})`}
      aside={
        <p class="soft small push">
          {hostsFrom === 'control-plane' ? 'as control planes serve them now' : 'as they were promoted'}
        </p>
      }
    >
      {hosts.length === 0 ? (
        <p class="soft">It has none.</p>
      ) : (
        <ScrollArea label="Hosts of the service">
          <Table columns={['Host', 'Health', 'Locality', { number: 'Priority' }]}>
            {hosts.map((host) => (
              <tr key={`${host.priority} ${host.address}`}>
                <th scope="row">
                  <code>{host.address}</code>
                </th>
                <td>
                  <LookBadge look={healthLook(host)} />
                  {host.isWanted === false && <span class="soft"> is to go</span>}
                </td>
                <td>{host.locality ?? '–'}</td>
                <td class="number">{host.priority}</td>
              </tr>
            ))}
          </Table>
        </ScrollArea>
      )}
    </Panel>
  );
}
