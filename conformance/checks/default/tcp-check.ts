import { locationOf } from '../../../render/places.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../../render/read-json.ts';
import type { Resource } from '../../../render/resource.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import { typeOf } from '../../matching/canonical-body.ts';
import type { ChainPlan } from '../../substitute/listener-plan.ts';
import type { Check } from '../check.ts';
import { type Derivation, uncheckable } from './derivation.ts';
import { ASKS_STAND_IN, filterKind } from './filter-kinds.ts';

const PASSIVE: ReadonlySet<string> = new Set(['set_filter_state', 'sni_cluster', 'connection_limit', 'geoip']);

/** Bytes through a TCP proxy and back. */
export function tcpCheck(
  derivation: Derivation,
  listener: Resource,
  plan: ChainPlan,
  prefix: string,
  at: SourceLocation,
): Check {
  const name = `${prefix}/tcp`;
  if (plan.reach.kind === 'unreachable') return uncheckable(name, at, plan.reach.reason);
  if (plan.terminal.kind !== 'tcp-proxy') return uncheckable(name, at, 'it is no TCP proxy');
  const { proxy } = plan.terminal;
  if (objectAt(proxy, 'tunnelingConfig'))
    return uncheckable(name, at, 'it tunnels over CONNECT, which stand-ins do not take');
  const weighted = objectsAt(proxy, 'weightedClusters', 'clusters').filter(
    (entry) => (numberAt(entry, 'weight') ?? 0) > 0,
  );
  const names =
    textAt(proxy, 'cluster') === undefined
      ? weighted.map((entry) => textAt(entry, 'name') ?? '')
      : [textAt(proxy, 'cluster') ?? ''];
  const outcomes = names.map((cluster) => derivation.clusters.outcomeOf(cluster));
  const answering = outcomes.filter((outcome) => outcome.kind === 'answers');
  const odd = outcomes.find((outcome) => outcome.kind === 'unknown');
  if (answering.length === 0) return uncheckable(name, at, odd?.reason ?? 'it names no cluster');
  const strict = plan.before
    .map((any) => filterKind(typeOf(any)))
    .find((kind) => !PASSIVE.has(kind) && !ASKS_STAND_IN.has(kind));
  const unsure =
    odd?.reason ??
    answering.map((outcome) => outcome.unsure).find((why) => why !== undefined) ??
    (strict === undefined ? undefined : `network filter ${strict} may end the connection`);
  const { transport, serverName, applicationProtocol, proxyHeader } = plan.reach;
  return {
    kind: 'tcp',
    name,
    origin: 'default',
    at: locationOf(plan.chain) ?? at,
    listener: listener.name,
    ...(transport === 'raw'
      ? {}
      : {
          tls: {
            serverName: serverName ?? 'meshgate.test',
            ...(plan.tls?.clientCertificate ? { clientCertificate: true } : {}),
            ...(applicationProtocol === undefined ? {} : { applicationProtocol }),
          },
        }),
    ...(proxyHeader ? { proxyProtocol: proxyHeader } : {}),
    answeredBy: [...new Set(answering.flatMap((outcome) => outcome.clusters))],
    ...(unsure === undefined ? {} : { mayAnswerLocally: unsure }),
    timeoutMs: 5_000,
  };
}
