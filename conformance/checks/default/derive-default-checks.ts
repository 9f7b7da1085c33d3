import { locationOf } from '../../../render/places.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { planListener } from '../../substitute/listener-plan.ts';
import type { Check } from '../check.ts';
import { ClusterReader, healthOutcome, isHealthChecked } from './cluster-outcome.ts';
import { type Derivation, uncheckable } from './derivation.ts';
import { httpChecks } from './http-checks.ts';
import { runtimeValuesOf } from './runtime-values.ts';
import { tcpCheck } from './tcp-check.ts';

/**
 * The checks of a snapshot with nothing written: every route of every listener is asked for by a request derived from its match
 * and answered by the cluster it names; every health-checked cluster turns healthy; every gRPC route answers a call; every TCP
 * proxy passes bytes. What cannot be asked from outside is there too, as `uncheckable` with the reason. A check never alarms
 * where the configuration itself allows another answer. Pure; names are unique and stable. Order: listeners, then clusters.
 */
export function deriveDefaultChecks(snapshot: Snapshot): readonly Check[] {
  const derivation: Derivation = {
    snapshot,
    clusters: new ClusterReader(snapshot),
    runtime: runtimeValuesOf(snapshot),
  };
  const checks = [
    ...resourcesOf(snapshot, 'listener').flatMap((listener) => checksOfListener(derivation, listener)),
    ...resourcesOf(snapshot, 'cluster').flatMap((cluster) => healthCheckOf(derivation, cluster)),
  ];
  return withUniqueNames(checks);
}

function checksOfListener(derivation: Derivation, listener: Resource): readonly Check[] {
  const plan = planListener(listener);
  const http = plan.chains.filter(({ terminal }) => terminal.kind === 'http').length;
  return plan.chains.flatMap((chain): readonly Check[] => {
    // The chain's name is said only where there is a choice: names are to be read.
    const prefix = `default:${plan.name}${plan.chains.length > 1 && (http > 1 || chain.terminal.kind !== 'http') ? `/${chain.name}` : ''}`;
    const at = locationOf(chain.chain) ?? listener.at;
    if (chain.terminal.kind === 'http') return httpChecks(derivation, listener, chain, prefix, at);
    if (chain.terminal.kind === 'tcp-proxy') return [tcpCheck(derivation, listener, chain, prefix, at)];
    return [uncheckable(prefix, at, `it ends in ${chain.terminal.type}, which checks do not speak`)];
  });
}

function healthCheckOf({ clusters }: Derivation, { name, body, at }: Resource): readonly Check[] {
  if (!isHealthChecked(body)) return [];
  const label = `default:cluster ${name} is healthy`;
  const outcome = healthOutcome(clusters, body);
  if (outcome.kind === 'unknown') return [uncheckable(label, at, outcome.reason)];
  return [{ kind: 'cluster-health', name: label, origin: 'default', at, cluster: name }];
}

function withUniqueNames(checks: readonly Check[]): readonly Check[] {
  const seen = new Map<string, number>();
  return checks.map((check) => {
    const count = (seen.get(check.name) ?? 0) + 1;
    seen.set(check.name, count);
    return count === 1 ? check : { ...check, name: `${check.name} (${count})` };
  });
}
