import type { BootedEnvoy } from '../cell/boot.ts';
import { LONGEST_LIMIT_MS, type Strain, strainOf } from '../cell/strain.ts';
import type { ClientAnswer } from '../client/client-answer.ts';
import type { FailedTraffic } from './traffic-findings.ts';

/**
 * What the failed requests of one kind had to bear, against the shortest time limit of the configuration. Each of them has to be
 * explained, so that the one which bore least speaks for all. Any Envoy of the rehearsal may have had it.
 */
export function leastStrain(
  { finding, failures }: FailedTraffic,
  envoys: readonly Pick<BootedEnvoy, 'starved'>[],
  limitMs: number,
): Strain {
  const none: Strain = { of: finding.saw, limitMs, waitedMs: 0, who: 'meshgate' };
  const [least] = failures
    .map(({ atMs, answer }) => {
      // An answer says how long it took; what got none had the whole of its limit.
      const toMs = atMs + (answer.kind === 'answer' ? answer.latencyMs : limitMs);
      const fromMs = isOwnAnswer(answer) ? atMs : Math.min(atMs, toMs - LONGEST_LIMIT_MS);
      const worst = envoys.map((envoy) => strainOf(finding.saw, limitMs, envoy.starved(fromMs, toMs, limitMs)));
      return worst.reduce((most, one) => (one.waitedMs > most.waitedMs ? one : most), none);
    })
    .sort((a, b) => a.waitedMs - b.waitedMs);
  return least ?? none;
}

/**
 * Whether a request was answered for itself alone. Where connecting to a host takes too long, Envoy ends all requests that stand in
 * line for a connection to it, those too that came a moment ago: what they are refused for began before they were sent.
 * https://github.com/envoyproxy/envoy/blob/main/source/common/conn_pool/conn_pool_base.cc (`purgePendingStreams`)
 */
const isOwnAnswer = (answer: ClientAnswer): boolean =>
  answer.kind === 'answer' && answer.status < 500 && (answer.grpcStatus ?? 0) === 0;
