import type { Finding } from '../../../render/finding.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { CheckOutcome, RequestCheck } from '../check.ts';
import { describeExchange } from '../judge/describe-exchange.ts';
import { type Exchange, toExchange } from '../judge/exchange.ts';
import { judgeAccessLog } from '../judge/judge-access-log.ts';
import { judgeBody, judgeGrpcStatus, judgeHeaders, judgeReached, judgeStatus } from '../judge/judge-answer.ts';
import { judgeLatency } from '../judge/judge-latency.ts';
import { judgeMirror, judgeMirrorShares } from '../judge/judge-mirror.ts';
import { judgeShares } from '../judge/judge-shares.ts';
import { judgeSpan } from '../judge/judge-span.ts';
import { judgeStats } from '../judge/judge-stats.ts';
import { judgeAttempts, judgeCluster, judgeUpstreamRequest } from '../judge/judge-upstream.ts';
import { newLines, settledLineCount } from './access-log.ts';
import { arrange } from './arrange.ts';
import { awaitOrLast } from './await-or-last.ts';
import { type CheckDeps, deadlinesOf } from './check-deps.ts';
import { envoysReason } from './envoys-reason.ts';
import { type Sent, sendRequests } from './send-requests.ts';
import { namesAround, readSettled, readUntilHeld } from './stat-readings.ts';

/** What can be judged from the exchanges alone, in the order in which a person wants to read it. */
const JUDGES: readonly ((check: RequestCheck, exchanges: readonly Exchange[]) => readonly Finding[])[] = [
  judgeReached,
  judgeStatus,
  judgeGrpcStatus,
  judgeCluster,
  judgeHeaders,
  judgeBody,
  judgeAttempts,
  judgeUpstreamRequest,
  judgeMirror,
  judgeMirrorShares,
  judgeShares,
  judgeLatency,
];

/** What was seen of one request check; `skip` where Envoy answered by itself and may do so. */
export type RequestCheckRun = { readonly outcome: CheckOutcome; readonly evidence: string };

/** Copies are seen by the cluster that they reach where that is no cluster that may answer. */
function onlyCopiesAt({
  answeredBy = [],
  shares = {},
  mirroredTo = [],
  mirrorShares = {},
}: RequestCheck['expect']): ReadonlySet<string> {
  const answering = new Set([...answeredBy, ...Object.keys(shares)]);
  return new Set([...mirroredTo, ...Object.keys(mirrorShares)].filter((cluster) => !answering.has(cluster)));
}

/** Joins answers with what reached stand-ins, and waits for copies that are still on their way. */
async function collectExchanges(
  check: RequestCheck,
  sent: readonly Sent[],
  cell: RunningCell,
  settleMs: number,
): Promise<readonly Exchange[]> {
  const copiesAt = onlyCopiesAt(check.expect);
  const look = async (): Promise<readonly Exchange[]> =>
    sent.map(({ id, answer }) =>
      toExchange(id, check.request.authority, answer, cell.upstreams.received({ requestId: id }), copiesAt),
    );
  if (check.expect.mirrorShares || check.expect.mirroredTo?.length === 0) {
    // That no (further) copy comes cannot be waited for: copies leave with the request itself, so a moment is enough.
    const deadlineMs = Math.min(settleMs, 100);
    return awaitOrLast(look, () => false, deadlineMs, cell.signal);
  }
  return awaitOrLast(look, (exchanges) => judgeMirror(check, exchanges).length === 0, settleMs, cell.signal);
}

const summary = (exchanges: readonly Exchange[]): string => {
  const [first] = exchanges;
  return `${exchanges.length} request${exchanges.length === 1 ? '' : 's'}${first ? `; the first: ${describeExchange(first)}` : ''}`;
};

/** Rejects when the harness cannot tell: Envoy's admin does not answer, hosts cannot be arranged, the cell is stopped. */
export async function runRequestCheck(
  check: RequestCheck,
  cell: RunningCell,
  deps: CheckDeps,
): Promise<RequestCheckRun> {
  const address = cell.listenerAddress(check.request.listener);
  if (!address) {
    const saw = `no listener ${check.request.listener} with a TCP port in this Envoy`;
    const finding: Finding = {
      rule: 'check-unreachable',
      severity: 'error',
      at: check.at,
      saw,
      want: 'a listener that takes requests',
    };
    return { outcome: { kind: 'fail', findings: [finding] }, evidence: saw };
  }
  const { healthMs, settleMs, accessLogMs, spanMs } = deadlinesOf(deps);
  const { stats = [], accessLog, span } = check.expect;
  await using arranged = await arrange(cell, check, healthMs);
  if (arranged.findings.length > 0)
    return { outcome: { kind: 'fail', findings: arranged.findings }, evidence: 'no request sent' };

  const before = stats.length > 0 ? await readSettled(cell, stats, settleMs) : new Map<string, number>();
  const linesBefore = accessLog ? await settledLineCount(cell, accessLog.path, settleMs) : 0;
  const exchanges = await collectExchanges(check, await sendRequests(check, address, cell, deps), cell, settleMs);

  const { mayAnswerLocally } = check;
  // Where Envoy may answer by itself, those answers say nothing; the others are judged, if there are any.
  const judged =
    mayAnswerLocally === undefined
      ? exchanges
      : exchanges.filter(({ answer, attempts }) => answer.kind === 'failed' || attempts.length > 0);
  if (mayAnswerLocally !== undefined && judged.length === 0) {
    return { outcome: { kind: 'skip', reason: mayAnswerLocally }, evidence: summary(exchanges) };
  }
  const findings = JUDGES.flatMap((judge) => judge(check, judged));
  if (stats.length > 0) {
    const after = await readUntilHeld(cell, stats, before, settleMs);
    findings.push(...judgeStats(check, before, after, await namesAround(cell, stats, after)));
  }
  if (span) {
    const look = async () => judgeSpan(check, judged, (traceId) => cell.upstreams.spans(traceId));
    const deadlineMs = findings.length > 0 ? settleMs : spanMs;
    findings.push(...(await awaitOrLast(look, (faults) => faults.length === 0, deadlineMs, cell.signal)));
  }
  // A request that got no proper answer is reason enough: its access-log line need not be waited for.
  if (accessLog) {
    const lines = await newLines(check, cell, linesBefore, findings.length > 0 ? settleMs : accessLogMs);
    findings.push(...judgeAccessLog(check, lines));
  }
  if (findings.length === 0) return { outcome: { kind: 'pass' }, evidence: summary(exchanges) };
  const reason = await envoysReason(cell, exchanges);
  const explained =
    reason === undefined
      ? findings
      : findings.map((finding) => ({ ...finding, saw: `${finding.saw}; Envoy logged ${reason}` }));
  return { outcome: { kind: 'fail', findings: explained }, evidence: summary(exchanges) };
}
