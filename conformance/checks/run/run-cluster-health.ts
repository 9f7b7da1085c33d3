import type { RunningCell } from '../../cell/running-cell.ts';
import type { CheckOutcome, ClusterHealthCheck } from '../check.ts';
import { judgeClusterHealth } from '../judge/judge-cluster-health.ts';
import { awaitOrLast } from './await-or-last.ts';
import { hostsOf, realHost } from './host-health.ts';

/** Waits until every host of the cluster is healthy; what is not so by the deadline is a finding. */
export async function runClusterHealth(
  check: ClusterHealthCheck,
  cell: RunningCell,
  deadlineMs: number,
): Promise<{ readonly outcome: CheckOutcome; readonly evidence: string }> {
  const hosts = await awaitOrLast(
    () => hostsOf(cell, check.cluster),
    (seen) => judgeClusterHealth(check, seen, deadlineMs).length === 0,
    deadlineMs,
    cell.signal,
  );
  const findings = judgeClusterHealth(
    check,
    hosts,
    deadlineMs,
    ({ address, port }) => realHost(cell, check.cluster, port) ?? `${address}:${port}`,
  );
  const healthy = hosts?.filter(({ failed }) => failed.length === 0).length ?? 0;
  return {
    outcome: findings.length > 0 ? { kind: 'fail', findings } : { kind: 'pass' },
    evidence: `${healthy} of ${hosts?.length ?? 0} hosts healthy`,
  };
}
