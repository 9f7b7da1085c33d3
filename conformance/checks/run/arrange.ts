import type { Finding } from '../../../render/finding.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { RequestCheck, UpstreamArrangement } from '../check.ts';
import { awaitHosts, failsHealthCheck } from './host-health.ts';
import { awaitHandover } from './host-updates.ts';

const selectorText = ({ hosts: { cluster, address, port } }: UpstreamArrangement): string =>
  address === undefined ? `the hosts of ${cluster}` : `${cluster}/${address}:${port}`;

/**
 * What the hosts are told for the time of a check. Disposing takes everything back and waits until Envoy has the hosts in
 * rotation again, so that the next check finds what it would have found without this one.
 */
export interface Arranged extends AsyncDisposable {
  /** Hosts that Envoy should have seen unhealthy by now, and has not. */
  readonly findings: readonly Finding[];
}

/** Has Envoy's view of the hosts turn, by `turn` and then waiting; gives how many there are, and those that have not turned. */
async function turnHosts(
  cell: RunningCell,
  arrangements: readonly UpstreamArrangement[],
  turn: () => void,
  toFailing: boolean,
  deadlineMs: number,
) {
  const isTurned = (host: Parameters<typeof failsHealthCheck>[0]): boolean => failsHealthCheck(host) === toFailing;
  turn();
  const turned = [];
  for (const arrangement of arrangements)
    turned.push({ arrangement, ...(await awaitHosts(cell, arrangement.hosts, isTurned, deadlineMs)) });
  await Promise.all(
    turned.map(({ arrangement, others }) =>
      others.length === 0 ? awaitHandover(cell, arrangement.hosts.cluster) : undefined,
    ),
  );
  return turned;
}

/** Tells the hosts, and waits until Envoy has noticed those whose health checks fail. */
export async function arrange(cell: RunningCell, check: RequestCheck, deadlineMs: number): Promise<Arranged> {
  const { upstreams } = cell;
  const failing = check.arrangements.filter(({ health }) => health === 'maintenance');
  const tell = (): void => {
    for (const { hosts, behaviour, health } of check.arrangements) {
      if (behaviour) upstreams.behave(hosts, behaviour);
      if (health) upstreams.setHealth(hosts, health);
    }
  };
  const takeBack = (): void => {
    for (const { hosts, behaviour, health } of check.arrangements) {
      if (behaviour) upstreams.behave(hosts, undefined);
      if (health) upstreams.setHealth(hosts, 'serving');
    }
  };
  const undo = async (): Promise<void> => {
    if (cell.signal.aborted) return takeBack();
    for (const { arrangement, others } of await turnHosts(cell, failing, takeBack, false, deadlineMs)) {
      if (others.length === 0) continue;
      const problem = `${selectorText(arrangement)} pass their health checks again, but Envoy keeps ${others.length} of them out after ${deadlineMs} ms`;
      throw new Error(`check "${check.name}": ${problem}; later checks would be misled`);
    }
  };
  try {
    const turned = await turnHosts(cell, failing, tell, true, deadlineMs);
    const findings = turned.flatMap(({ arrangement, all, others }): readonly Finding[] => {
      if (all > 0 && others.length === 0) return [];
      const saw =
        all === 0 ? 'no such hosts in this Envoy' : `${others.length} of ${all} still healthy after ${deadlineMs} ms`;
      const want = `${selectorText(arrangement)} seen unhealthy by Envoy once their health checks fail`;
      const resource = `cluster ${arrangement.hosts.cluster}`;
      return [{ rule: 'check-health-unseen', severity: 'error', at: check.at, saw, want, resource }];
    });
    return { findings, [Symbol.asyncDispose]: undo };
  } catch (error) {
    takeBack();
    throw error;
  }
}
