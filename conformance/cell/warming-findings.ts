import type { Finding } from '../../render/finding.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { scopeOf } from './finding-scope.ts';

/** Which of the statistics tell of a subscription that nobody answered. */
export const FETCH_PATTERN = '\\.(init_fetch_timeout|update_success)$';

/** Resources that Envoy holds and does not use yet, named as `ConfigDump.warming` does. */
export const warmingFindings = (snapshot: Snapshot, warming: readonly string[], envoy: string): Finding[] =>
  warming.map((label) => {
    const resource = snapshot.resources.find((known) => resourceLabel(known) === label);
    return notWarmed(
      snapshot,
      envoy,
      resource,
      label,
      `Envoy ${envoy} took ${label} but still waits for what it needs (endpoints, routes or secrets that nobody serves, or a first answer of its hosts)`,
    );
  });

/**
 * Subscriptions that Envoy gave up waiting for (`initial_fetch_timeout`, 15 s unless the configuration says otherwise) and that
 * nobody answered later either. Envoy then says it is ready, with a cluster without hosts or a listener that answers 404.
 */
export function unansweredFindings(snapshot: Snapshot, stats: ReadonlyMap<string, number>, envoy: string): Finding[] {
  return [...stats].flatMap(([stat, value]) => {
    const subscription = /^(.*)\.init_fetch_timeout$/.exec(stat)?.[1];
    if (subscription === undefined || value === 0 || (stats.get(`${subscription}.update_success`) ?? 0) > 0) return [];
    const user = userOf(snapshot, subscription);
    return [
      notWarmed(
        snapshot,
        envoy,
        user,
        user ? resourceLabel(user) : subscription,
        `Envoy ${envoy} asked for what ${user ? resourceLabel(user) : 'it'} needs, nobody answered, and it stopped waiting (${stat})`,
      ),
    ];
  });
}

const notWarmed = (
  snapshot: Snapshot,
  envoy: string,
  resource: Resource | undefined,
  label: string,
  saw: string,
): Finding => ({
  ...scopeOf(snapshot, envoy),
  rule: 'not-warmed',
  ...(resource ? { at: resource.at } : {}),
  saw,
  want: 'every resource active, with all that it asks for',
  resource: label,
});

/** `cluster.payments` asks for endpoints, `http.edge.rds.web` and `sds.tls` for what whoever quotes their name uses. */
function userOf(snapshot: Snapshot, subscription: string): Resource | undefined {
  // In statistics a colon of a name becomes an underscore.
  const inStats = (name: string): string => name.replaceAll(':', '_');
  const cluster = /^cluster\.(.+)$/.exec(subscription)?.[1];
  if (cluster !== undefined)
    return snapshot.resources.find(({ kind, name }) => kind === 'cluster' && inStats(name) === cluster);
  const asked = /(?:^|\.)(?:rds|scoped_rds|sds)\.(.+)$/.exec(subscription)?.[1];
  if (asked === undefined) return undefined;
  const quotes = ({ body }: Resource): boolean => inStats(JSON.stringify(body)).includes(`"${asked}"`);
  return snapshot.resources.find((resource) => ['listener', 'cluster'].includes(resource.kind) && quotes(resource));
}
