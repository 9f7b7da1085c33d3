import type { Finding } from '../../../render/finding.ts';
import type { RequestCheck, StatusExpectation } from '../check.ts';
import { GRPC_STATUS_NAMES } from '../declared/check-schema.ts';
import { bodyHead, describeExchange, reachedHosts } from './describe-exchange.ts';
import type { Exchange } from './exchange.ts';
import { faultOfMany } from './fault.ts';
import { describeMatch, describeValue, matchesValue } from './value-match.ts';

/** Every request of a check is answered, whatever else is expected: a broken connection is never what was asked for. */
export const judgeReached = (check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] =>
  faultOfMany(check, exchanges, 'check-unreachable', 'status', 'an answer', (exchange) =>
    exchange.answer.kind === 'failed' ? describeExchange(exchange) : undefined,
  );

const rangeText = ({ from, to }: StatusExpectation): string =>
  from === to ? `${from}` : from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`;

export function judgeStatus(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { status } = check.expect;
  if (!status) return [];
  const want = `status ${status.map(rangeText).join(' or ')}`;
  return faultOfMany(check, exchanges, 'check-status', 'status', want, (exchange) => {
    const { answer } = exchange;
    if (answer.kind === 'failed') return undefined;
    return status.some(({ from, to }) => answer.status >= from && answer.status <= to)
      ? undefined
      : describeExchange(exchange);
  });
}

const grpcText = (status: number): string => `grpc-status ${status} (${GRPC_STATUS_NAMES[status] ?? 'no known name'})`;

export function judgeGrpcStatus(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { grpcStatus } = check.expect;
  if (grpcStatus === undefined) return [];
  return faultOfMany(check, exchanges, 'check-grpc-status', 'grpcStatus', grpcText(grpcStatus), (exchange) => {
    const { answer } = exchange;
    if (answer.kind === 'failed' || answer.grpcStatus === grpcStatus) return undefined;
    const saw = answer.grpcStatus === undefined ? 'no grpc-status' : grpcText(answer.grpcStatus);
    return `${saw}; ${describeExchange(exchange)}`;
  });
}

export const judgeHeaders = (check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] =>
  Object.entries(check.expect.headers ?? {}).flatMap(([name, match]) =>
    faultOfMany(check, exchanges, 'check-header', `headers.${name}`, `${name} ${describeMatch(match)}`, (exchange) => {
      const { answer } = exchange;
      if (answer.kind === 'failed' || matchesValue(match, answer.headers[name])) return undefined;
      return `${name} ${describeValue(answer.headers[name])} (status ${answer.status}; ${reachedHosts(exchange)})`;
    }),
  );

export function judgeBody(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { body } = check.expect;
  if (!body) return [];
  return faultOfMany(check, exchanges, 'check-body', 'body', `the body ${describeMatch(body)}`, (exchange) => {
    const { answer } = exchange;
    if (answer.kind === 'failed' || matchesValue(body, answer.body === '' ? emptyBody(body.kind) : answer.body))
      return undefined;
    return `${bodyHead(answer.body)} (status ${answer.status}; ${reachedHosts(exchange)})`;
  });
}

/** An empty body is an absent one for `present`, and the empty text for everything else. */
const emptyBody = (kind: string): string | undefined => (kind === 'present' || kind === 'absent' ? undefined : '');
