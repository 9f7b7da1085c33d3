import { flagAt, objectAt } from '../../../render/read-json.ts';
import { hostsOf } from '../../../render/references/cluster-hosts.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { type PriorityArithmetic, panicArithmetic } from '../panic-arithmetic.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

const MOST_NAMED = 6;
const named = (hosts: readonly string[]): string =>
  hosts.length <= MOST_NAMED
    ? hosts.join(', ')
    : `${hosts.slice(0, MOST_NAMED).join(', ')} and ${hosts.length - MOST_NAMED} more`;

function sawOf(cluster: Resource, sum: PriorityArithmetic): string {
  const { healthyKept, added, markedDown, thresholdPercent } = sum;
  const all = healthyKept + added.length + markedDown;
  const share = all === 0 ? 0 : Math.floor((1000 * healthyKept) / all) / 10;
  const parts = [`${healthyKept} healthy live hosts kept of ${sum.healthyBefore}`, `${added.length} added`];
  if (markedDown > 0) parts.push(`${markedDown} marked down`);
  if (sum.removed.length > 0) parts.push(`${sum.removed.length} removed`);
  const waits = flagAt(objectAt(cluster.body, 'commonLbConfig'), 'ignoreNewHostsUntilFirstHc');
  const note = waits
    ? ' (ignore_new_hosts_until_first_hc is no protection: once their first check has failed, the new hosts count)'
    : '';
  return `cluster ${cluster.name}, priority ${sum.priority}: ${parts.join(', ')}: if the added ones fail, ${share} % are healthy, below the panic threshold of ${thresholdPercent} %, and Envoy sends traffic to all of them${note}`;
}

function wantOf(sum: PriorityArithmetic): string {
  if (sum.steps.length === 0)
    return `at most ${sum.largestSafeStep} hosts added at once, which leads nowhere with ${sum.healthyBefore} healthy hosts: set common_lb_config.healthy_panic_threshold to 0 first`;
  const already = new Set<string>();
  const lines = sum.steps.map((hosts, index) => {
    const fresh = hosts.filter((host) => sum.added.includes(host) && !already.has(host));
    for (const host of fresh) already.add(host);
    const last = index === sum.steps.length - 1;
    const what = fresh.length > 0 ? `add ${named(fresh)}` : 'take the rest away';
    return `step ${index + 1}: ${what}${last ? '' : ' and wait until they are healthy'} (${hosts.length} hosts)`;
  });
  return `at most ${sum.largestSafeStep} hosts added at once to those kept; ${lines.join('; ')}`;
}

/** The place of the list that changed: the endpoints of an EDS cluster, else the cluster's own. */
function placeOf(proposed: Snapshot, cluster: Resource): Pick<Complaint, 'resource' | 'holder'> {
  const hosts = hostsOf(proposed, cluster);
  return hosts.kind === 'listed' ? { resource: hosts.owner, holder: hosts.assignment } : { resource: cluster };
}

const panicMode: SnapshotRule = {
  code: 'panic-mode',
  severity: 'error',
  summary: 'The change adds so many hosts at once that Envoy panics if they fail their health checks.',
  check(proposed, { live, settings }) {
    if (!live) return [];
    return resourcesOf(proposed, 'cluster').flatMap((cluster) =>
      panicArithmetic(live, proposed, cluster.name, settings)
        .filter((sum) => !sum.safe)
        .map((sum) => ({ ...placeOf(proposed, cluster), saw: sawOf(cluster, sum), want: wantOf(sum) })),
    );
  },
};

export const PANIC_RULES: readonly SnapshotRule[] = [panicMode];
