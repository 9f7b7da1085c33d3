import type { Finding } from '../../render/finding.ts';
import { resourceLabel } from '../../render/resource.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import type { DiscoveryReport, SourceReport } from './combine/discovery-report.ts';
import { DISCOVERY_RULES, type DiscoveryRule } from './rules.ts';

/** How what was seen of a source ends that has said nothing, and has not failed either. */
export const NOT_YET = 'has not answered yet';

type Said = { readonly rule: DiscoveryRule; readonly saw: string; readonly want: string };

/** What of the hosts of a cluster people should look at. `at`: where its `discovery:` stands. */
export function discoveryFindings(report: DiscoveryReport, cluster: string, at: SourceLocation): readonly Finding[] {
  const said = report.sources.flatMap((source) => sourceFindings(source, report));
  const all = report.ready && report.hosts === 0 ? [...said, EMPTY] : said;
  const resource = resourceLabel({ kind: 'cluster', name: cluster });
  return all.map(({ rule, saw, want }) => ({ rule, severity: SEVERITY[rule], at, saw, want, resource }));
}

const EMPTY: Said = {
  rule: 'discovery-empty',
  saw: 'no hosts from any source',
  want: 'hosts; every request to the cluster fails until there are some',
};

const SEVERITY = Object.fromEntries(DISCOVERY_RULES.map(({ code, severity }) => [code, severity])) as Record<
  DiscoveryRule,
  Finding['severity']
>;

function sourceFindings(
  { name, state, hosts, failing, floor, leftOut }: SourceReport,
  report: DiscoveryReport,
): readonly Said[] {
  const since = (epochMs: number): string => `since ${timeOf(epochMs)}`;
  const words = failing ? `${name} fails ${since(failing.sinceEpochMs)}: ${failing.problem}` : name;
  const found: Said[] = [];
  if (state === 'waiting')
    found.push({
      rule: 'discovery-unanswered',
      saw: failing ? words : `${name} ${NOT_YET}`,
      want: report.ready
        ? 'an answer; the cluster is served without this source'
        : 'an answer; the cluster gets no hosts before',
    });
  if (state === 'stale') {
    const until = failing?.untilEpochMs === undefined ? '' : ` until ${timeOf(failing.untilEpochMs)}`;
    found.push({
      rule: 'discovery-stale',
      saw: words,
      want: `an answer; its ${hosts} last known hosts are served${until}`,
    });
  }
  if (state === 'expired')
    found.push({
      rule: 'discovery-expired',
      saw: words,
      want: 'an answer; its hosts are not served any more, as max_stale wants it',
    });
  if (floor) {
    const until =
      floor.untilEpochMs === undefined ? '' : `, which is believed at ${timeOf(floor.untilEpochMs)} if it stands`;
    found.push({
      rule: 'discovery-floor',
      saw: `${name} gives ${floor.given} hosts ${since(floor.sinceEpochMs)}${until}`,
      want: `not less than the floor at once; ${floor.kept} hosts that it does not give any more are kept`,
    });
  }
  if (leftOut.length > 0)
    found.push({ rule: 'discovery-left-out', saw: `${name}: ${leftOut.join('; ')}`, want: 'IP addresses with a port' });
  return found;
}

/** `2026-11-22 20:30:00 UTC` */
export const timeOf = (epochMs: number): string =>
  `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
