import type { BootedEnvoy } from '../cell/boot.ts';
import { LONGEST_LIMIT_MS, type Strain, worstStrain } from '../cell/strain.ts';
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
  const [least] = failures
    .map(({ atMs, answer }) => {
      // An answer says how long it took; what got none had the whole of its limit.
      const toMs = atMs + (answer.kind === 'answer' ? answer.latencyMs : limitMs);
      const fromMs = isOwnAnswer(answer) ? atMs : Math.min(atMs, toMs - LONGEST_LIMIT_MS);
      return worstStrain(
        finding.saw,
        limitMs,
        envoys.map((envoy) => envoy.starved(fromMs, toMs, limitMs)),
      );
    })
    .sort((a, b) => a.waitedMs - b.waitedMs);
  return least ?? worstStrain(finding.saw, limitMs, []);
}

/**
 * Whether a request was answered for itself alone. Where connecting to a host takes too long, Envoy ends all requests that stand in
 * line for a connection to it, those too that came a moment ago: what they are refused for began before they were sent.
 * https://github.com/envoyproxy/envoy/blob/main/source/common/conn_pool/conn_pool_base.cc (`purgePendingStreams`)
 */
const isOwnAnswer = (answer: ClientAnswer): boolean =>
  answer.kind === 'answer' && answer.status < 500 && (answer.grpcStatus ?? 0) === 0;
