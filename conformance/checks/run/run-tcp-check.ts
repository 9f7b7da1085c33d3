import type { Finding } from '../../../render/finding.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import { sendTcp } from '../../client/send-tcp.ts';
import { REQUEST_ID_HEADER } from '../../upstream/stand-in.ts';
import type { CheckOutcome, TcpCheck } from '../check.ts';
import type { CheckDeps } from './check-deps.ts';

/** Sends a line that names itself, which a stand-in echoes, and asks the stand-ins whose line it was. */
export async function runTcpCheck(
  check: TcpCheck,
  cell: RunningCell,
  deps: Pick<CheckDeps, 'newRequestId'>,
): Promise<{ readonly outcome: CheckOutcome; readonly evidence: string }> {
  const address = cell.listenerAddress(check.listener);
  if (!address) {
    return failed(
      check,
      `no listener ${check.listener} in this Envoy`,
      'the listener to take connections',
      'check-unreachable',
    );
  }
  const id = deps.newRequestId();
  const bytes = Buffer.from(`${REQUEST_ID_HEADER}: ${id}\r\n`);
  const answer = await sendTcp(address, bytes, {
    pki: cell.pki,
    signal: cell.signal,
    timeoutMs: check.timeoutMs,
    ...(check.tls ? { tls: check.tls } : {}),
    ...(check.proxyProtocol ? { proxyProtocol: check.proxyProtocol } : {}),
  });
  const reached = cell.upstreams.received({ requestId: id }).map(({ host }) => host.cluster);
  const want = `the bytes back from cluster ${check.answeredBy.join(' or ')}`;
  if (reached.length === 0 && check.mayAnswerLocally !== undefined) {
    return { outcome: { kind: 'skip', reason: check.mayAnswerLocally }, evidence: 'no host was reached' };
  }
  if (answer.kind === 'failed') return failed(check, answer.message, want, 'check-unreachable');
  const other = reached.find((cluster) => !check.answeredBy.includes(cluster));
  if (reached.length === 0 || other !== undefined) {
    return failed(
      check,
      other === undefined ? 'no host was reached' : `cluster ${other} was reached`,
      want,
      'check-cluster',
    );
  }
  if (!answer.bytes.equals(bytes)) return failed(check, `${answer.bytes.length} other bytes`, want, 'check-body');
  return { outcome: { kind: 'pass' }, evidence: `${bytes.length} bytes to cluster ${reached[0]} and back` };
}

function failed(check: TcpCheck, saw: string, want: string, rule: string) {
  const finding: Finding = { rule, severity: 'error', at: check.at, saw, want, resource: `listener ${check.listener}` };
  return { outcome: { kind: 'fail', findings: [finding] } as const, evidence: saw };
}
