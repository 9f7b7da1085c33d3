import type { Finding } from '../../render/finding.ts';
import { objectsAt, textAt } from '../../render/read-json.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { BootedEnvoy } from '../cell/boot.ts';
import { LONGEST_LIMIT_MS, type Strain, worstStrain } from '../cell/strain.ts';

type Envoys = readonly Pick<BootedEnvoy, 'starved'>[];
/** Moments of `performance.now()`. */
type Span = { readonly fromMs: number; readonly toMs: number };

/** What the health checks of the clusters that panicked during a change had to bear, by finding. */
export function panicStrains(
  findings: readonly Finding[],
  proposed: Snapshot,
  envoys: Envoys,
  span: Span,
): readonly Strain[] {
  return findings
    .filter(({ rule }) => rule === 'rehearsal-panic')
    .map(({ saw, resource }) => {
      const cluster = proposed.resources.find((one) => resourceLabel(one) === resource);
      return panicStrain(saw, cluster, envoys, span);
    });
}

/**
 * What the health checks of a cluster had to bear: where Envoy or the stand-ins get no core for as long as a check may take, hosts that
 * answer in milliseconds fail it, those of all clusters at once. Any Envoy of the rehearsal may have had it, from one such limit before
 * the span on. Of a cluster without active checks it is requests that were late.
 */
export function panicStrain(of: string, cluster: Resource | undefined, envoys: Envoys, { fromMs, toMs }: Span): Strain {
  const limitMs = checkLimitMs(cluster);
  const borne = envoys.map((envoy) => envoy.starved(fromMs - limitMs, toMs, limitMs));
  return worstStrain(of, limitMs, borne);
}

/** The shortest time that a health check of the cluster may take, at most a second. */
function checkLimitMs(cluster: Resource | undefined): number {
  const written = objectsAt(cluster?.body, 'healthChecks').map((check) => textAt(check, 'timeout') ?? '1s');
  const limits = written.map((timeout) => Number.parseFloat(timeout) * 1_000).filter((ms) => ms > 0);
  return Math.min(LONGEST_LIMIT_MS, ...limits);
}
