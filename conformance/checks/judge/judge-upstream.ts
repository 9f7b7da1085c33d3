import type { Finding } from '../../../render/finding.ts';
import type { RequestCheck, ValueMatch } from '../check.ts';
import { describeExchange } from './describe-exchange.ts';
import { answeringCluster, type Exchange } from './exchange.ts';
import { faultOfMany } from './fault.ts';
import { describeMatch, describeValue, matchesValue } from './value-match.ts';

export function judgeCluster(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { answeredBy } = check.expect;
  if (!answeredBy) return [];
  const want =
    answeredBy.length === 0 ? 'an answer of Envoy itself, no host reached' : `an answer of ${answeredBy.join(' or ')}`;
  return faultOfMany(check, exchanges, 'check-cluster', 'cluster', want, (exchange) => {
    if (exchange.answer.kind === 'failed') return undefined;
    const cluster = answeringCluster(exchange);
    const isAsExpected = cluster === undefined ? answeredBy.length === 0 : answeredBy.includes(cluster);
    return isAsExpected ? undefined : describeExchange(exchange);
  });
}

export function judgeAttempts(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { attempts } = check.expect;
  if (!attempts) return [];
  const { min, max } = attempts;
  const range = min === max ? `${min}` : max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`;
  return faultOfMany(
    check,
    exchanges,
    'check-attempts',
    'attempts',
    `${range} attempts for each request`,
    (exchange) => {
      const count = exchange.attempts.length;
      return count >= min && count <= max ? undefined : `${count} attempts (${describeExchange(exchange)})`;
    },
  );
}

type ReceivedPart = {
  readonly what: string;
  readonly place: string;
  readonly match: ValueMatch;
  readonly read: (exchange: Exchange) => string | undefined;
};

/** The request as it reached the host that answered. */
export function judgeUpstreamRequest(check: RequestCheck, exchanges: readonly Exchange[]): readonly Finding[] {
  const { upstream } = check.expect;
  if (!upstream) return [];
  const parts: readonly ReceivedPart[] = [
    ...Object.entries(upstream.headers ?? {}).map(([name, match]) => ({
      what: `the header ${name}`,
      place: `upstream.headers.${name}`,
      match,
      read: ({ attempts }: Exchange) => attempts.at(-1)?.headers[name],
    })),
    ...(upstream.path
      ? [
          {
            what: 'the path',
            place: 'upstream.path',
            match: upstream.path,
            read: ({ attempts }: Exchange) => attempts.at(-1)?.path,
          },
        ]
      : []),
    ...(upstream.authority
      ? [
          {
            what: 'the host',
            place: 'upstream.host',
            match: upstream.authority,
            read: ({ attempts }: Exchange) => attempts.at(-1)?.authority,
          },
        ]
      : []),
  ];
  return parts.flatMap(({ what, place, match, read }) =>
    faultOfMany(
      check,
      exchanges,
      'check-upstream-request',
      place,
      `${what} ${describeMatch(match)} at the host`,
      (exchange) => {
        if (exchange.answer.kind === 'failed') return undefined;
        if (exchange.attempts.length === 0) return `no host reached (${describeExchange(exchange)})`;
        const value = read(exchange);
        return matchesValue(match, value) ? undefined : `${what} ${describeValue(value)}`;
      },
    ),
  );
}
