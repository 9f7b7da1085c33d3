import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { Policy } from '../access/policy.ts';
import { preflightQueries } from '../observe/judge-queries.ts';
import { askPrometheus } from '../observe/prometheus.ts';
import type { EnginePorts } from './ports.ts';

/** A Prometheus server does not answer: nobody can tell whether its checks could be judged, so the step is tried again. */
class PrometheusAway extends Error {
  override readonly name = 'PrometheusAway';
}

/**
 * Asks the checks that a push would be watched by, so that one that can say nothing is found before anything is pushed. Findings of
 * severity `error` keep it from being pushed; warnings are shown. Rejects with `PrometheusAway`. `first`: nothing was ever delivered to the
 * stage, so that a check that finds nothing may be about Envoys that are not there yet; watching them will tell.
 */
export async function preflight(
  stage: StageName,
  { observe }: Pick<Policy, 'observe'>,
  first: boolean,
  { clock, ask }: Pick<EnginePorts, 'clock' | 'ask'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const checks = observe.prometheus;
  if (checks.length === 0) return [];
  const question = { stage, checks, ask: ask ?? askPrometheus, signal };
  const findings = await preflightQueries(question, clock.nowEpochMs());
  const away = findings.filter(({ rule }) => rule === 'query-unanswered');
  if (away.length > 0)
    throw new PrometheusAway(away.map(({ resource, saw }) => `${resource ?? 'a Prometheus check'}: ${saw}`).join('; '));
  return first ? findings.filter(({ rule }) => rule !== 'query-matches-nothing') : findings;
}
