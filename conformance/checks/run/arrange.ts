import type { Finding } from '../../../render/finding.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { RequestCheck, UpstreamArrangement } from '../check.ts';
import { awaitHosts, failsHealthCheck } from './host-health.ts';

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

/** Tells the hosts, and waits until Envoy has noticed those whose health checks fail. */
export async function arrange(cell: RunningCell, check: RequestCheck, deadlineMs: number): Promise<Arranged> {
  const { upstreams } = cell;
  const failing = check.arrangements.filter(({ health }) => health === 'maintenance');
  const findings: Finding[] = [];
  const undo = async (): Promise<void> => {
    for (const { hosts, behaviour, health } of check.arrangements) {
      if (behaviour) upstreams.behave(hosts, undefined);
      if (health) upstreams.setHealth(hosts, 'serving');
    }
    if (cell.signal.aborted) return;
    for (const arrangement of failing) {
      const { others } = await awaitHosts(cell, arrangement.hosts, (host) => !failsHealthCheck(host), deadlineMs);
      if (others.length > 0)
        throw new Error(
          `check "${check.name}": ${selectorText(arrangement)} passed health checks again, but Envoy kept ${others.length} of them out for more than ${deadlineMs} ms; later checks would be misled`,
        );
    }
  };
  try {
    for (const { hosts, behaviour, health } of check.arrangements) {
      if (behaviour) upstreams.behave(hosts, behaviour);
      if (health) upstreams.setHealth(hosts, health);
    }
    for (const arrangement of failing) {
      const { all, others } = await awaitHosts(cell, arrangement.hosts, failsHealthCheck, deadlineMs);
      if (all > 0 && others.length === 0) continue;
      findings.push({
        rule: 'check-health-unseen',
        severity: 'error',
        at: check.at,
        saw:
          all === 0 ? `no such hosts in this Envoy` : `${others.length} of ${all} still healthy after ${deadlineMs} ms`,
        want: `${selectorText(arrangement)} seen unhealthy by Envoy once their health checks fail`,
        resource: `cluster ${arrangement.hosts.cluster}`,
      });
    }
  } catch (error) {
    await undo().catch(() => undefined);
    throw error;
  }
  return { findings, [Symbol.asyncDispose]: undo };
}
