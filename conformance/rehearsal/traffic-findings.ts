import type { Finding } from '../../render/finding.ts';
import type { Expectation } from '../checks/check.ts';
import type { ClientAnswer } from '../client/client-answer.ts';
import type { TrafficFailure, TrafficReport } from '../client/traffic.ts';
import { shellWord } from '../report/repro-command.ts';
import type { PlannedRequest } from './traffic-plan.ts';

/** Whether the configuration, as it was or as it becomes, asks for this answer. */
export function isAskedFor(answer: ClientAnswer, { before, after }: PlannedRequest): boolean {
  return answer.kind === 'answer' && [before, after].some((expected) => fits(answer, expected));
}

function fits(answer: ClientAnswer & { kind: 'answer' }, { status, grpcStatus }: Expectation): boolean {
  if (grpcStatus !== undefined && answer.grpcStatus !== grpcStatus) return false;
  if (status === undefined) return answer.status < 500 && (answer.grpcStatus ?? 0) === 0;
  return status.some(({ from, to }) => answer.status >= from && answer.status <= to);
}

const outcomeWords = (answer: ClientAnswer): string =>
  answer.kind === 'failed'
    ? `${answer.reason} (${answer.message})`
    : `${answer.status}${answer.grpcStatus === undefined ? '' : `, grpc-status ${answer.grpcStatus}`}${answer.body === '' ? '' : `: ${answer.body.slice(0, 120)}`}`;

export type FailedTraffic = { readonly finding: Finding; readonly failures: readonly TrafficFailure[] };

/**
 * One finding for each kind of request that failed while the configuration changed, with how often, when, and how. When is when the answer
 * came: one sent just before a change may meet what is after it.
 */
export function trafficFindings(
  report: TrafficReport,
  plan: readonly PlannedRequest[],
  phaseAt: (atMs: number) => string,
  scope: { readonly stage: string; readonly envoy: readonly string[] },
): FailedTraffic[] {
  return report.perRequest.flatMap(({ sent, failed }, index) => {
    const planned = plan[index];
    const first = report.failures.find(({ request }) => request === index);
    if (failed === 0 || !planned || !first) return [];
    const { method, authority, path } = planned.request;
    const want = (planned.after.status ?? [])
      .map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`))
      .join(' or ');
    const failures = report.failures.filter(({ request }) => request === index);
    const finding: Finding = {
      ...scope,
      rule: 'rehearsal-request-failed',
      severity: 'error' as const,
      at: planned.check.at,
      saw: `${failed} of ${sent} requests failed (${method} ${shellWord(authority + path)} on listener ${planned.request.listener}), first ${phaseAt(first.answeredAtMs)}: ${outcomeWords(first.answer)}`,
      want: `${want === '' ? 'an answer' : want} throughout the change`,
    };
    return [{ finding, failures }];
  });
}
