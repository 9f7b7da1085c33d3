import type { JsonPath } from '../../../render/json.ts';
import type { Expectation, SpanExpectation, StatExpectation, StatusExpectation, ValueMatch } from '../check.ts';
import { GRPC_STATUS_NAMES, type WrittenExpectation, type WrittenValueMatch } from './check-schema.ts';
import { durationMs } from './duration.ts';

export const grpcStatusNumber = (status: number | (typeof GRPC_STATUS_NAMES)[number]): number =>
  typeof status === 'number' ? status : GRPC_STATUS_NAMES.indexOf(status);

function toStatusRange(status: number | string): StatusExpectation {
  if (typeof status === 'number') return { from: status, to: status };
  if (/xx$/i.test(status)) return { from: Number(status[0]) * 100, to: Number(status[0]) * 100 + 99 };
  const [from = '', to = from] = status.split('-');
  return { from: Number(from), to: Number(to) };
}

function toValueMatch(match: WrittenValueMatch): ValueMatch {
  if (typeof match !== 'object') return { kind: 'exact', value: String(match) };
  if (match.regex !== undefined) return { kind: 'regex', pattern: match.regex };
  if (match.contains !== undefined) return { kind: 'contains', text: match.contains };
  if (match.present !== undefined) return { kind: match.present ? 'present' : 'absent' };
  return { kind: 'exact', value: String(match.exact) };
}

const toValueMatches = (
  matches: Readonly<Record<string, WrittenValueMatch>>,
  nameOf: (name: string) => string,
): Record<string, ValueMatch> =>
  Object.fromEntries(Object.entries(matches).map(([name, match]) => [nameOf(name), toValueMatch(match)]));
const lowerCase = (name: string): string => name.toLowerCase();
const asWritten = (name: string): string => name;

/** `+2`, `+1..`, `+..3`, `=1..4`: a range of growth (`+`) or of the value afterwards (`=`). */
function toStatExpectation(name: string, bound: string): StatExpectation {
  const [low = '', high = low] = bound.slice(1).split('..');
  const range = { ...(low === '' ? {} : { min: Number(low) }), ...(high === '' ? {} : { max: Number(high) }) };
  return bound.startsWith('+') ? { name, delta: range } : { name, value: range };
}

/** The expectation, and the paths below `expect` that findings may want the places of. */
export function toExpectation(written: WrittenExpectation): {
  readonly expect: Expectation;
  readonly paths: readonly JsonPath[];
} {
  const {
    status,
    grpcStatus,
    headers,
    body,
    cluster,
    attempts,
    mirroredTo,
    upstream,
    shares,
    latency,
    stats,
    accessLog,
    span,
  } = written;
  const isMirrorList = typeof mirroredTo === 'string' || Array.isArray(mirroredTo);
  const expect: Expectation = {
    ...(status === undefined ? {} : { status: [status].flat().map(toStatusRange) }),
    ...(grpcStatus === undefined ? {} : { grpcStatus: grpcStatusNumber(grpcStatus) }),
    ...(headers === undefined ? {} : { headers: toValueMatches(headers, lowerCase) }),
    ...(body === undefined ? {} : { body: toValueMatch(body) }),
    ...(cluster === undefined ? {} : { answeredBy: [cluster].flat() }),
    ...(attempts === undefined ? {} : { attempts: toAttempts(attempts) }),
    ...(mirroredTo === undefined
      ? {}
      : isMirrorList
        ? { mirroredTo: [mirroredTo].flat() }
        : { mirrorShares: mirroredTo }),
    ...(upstream === undefined
      ? {}
      : {
          upstream: {
            ...(upstream.headers === undefined ? {} : { headers: toValueMatches(upstream.headers, lowerCase) }),
            ...(upstream.path === undefined ? {} : { path: toValueMatch(upstream.path) }),
            ...(upstream.host === undefined ? {} : { authority: toValueMatch(upstream.host) }),
          },
        }),
    ...(shares === undefined ? {} : { shares }),
    ...(latency === undefined ? {} : { latencyMs: toLatency(latency) }),
    ...(stats === undefined
      ? {}
      : { stats: Object.entries(stats).map(([name, bound]) => toStatExpectation(name, bound)) }),
    ...(accessLog === undefined
      ? {}
      : {
          accessLog: {
            ...(accessLog.file === undefined ? {} : { path: accessLog.file }),
            fields: toValueMatches(accessLog.fields, asWritten),
          },
        }),
    ...(span === undefined ? {} : { span: toSpan(span) }),
  };
  const members = (key: string, of: object | undefined): JsonPath[] => Object.keys(of ?? {}).map((name) => [key, name]);
  const paths: JsonPath[] = [
    ...Object.keys(written).map((key) => [key]),
    ...members('headers', headers),
    ...members('upstream', upstream),
    ...Object.keys(upstream?.headers ?? {}).map((name) => ['upstream', 'headers', name]),
    ...members('latency', latency),
    ...members('stats', stats),
    ...Object.keys(accessLog?.fields ?? {}).map((name) => ['accessLog', 'fields', name]),
    ...members('span', span),
  ];
  return { expect, paths };
}

const toSpan = ({ name, kind, attributes, resource }: NonNullable<WrittenExpectation['span']>): SpanExpectation => ({
  ...(name === undefined ? {} : { name: toValueMatch(name) }),
  ...(kind === undefined ? {} : { kind }),
  ...(attributes === undefined ? {} : { attributes: toValueMatches(attributes, asWritten) }),
  ...(resource === undefined ? {} : { resource: toValueMatches(resource, asWritten) }),
});

const toAttempts = (attempts: NonNullable<WrittenExpectation['attempts']>): NonNullable<Expectation['attempts']> =>
  typeof attempts === 'number'
    ? { min: attempts, max: attempts }
    : { min: attempts.min ?? 0, max: attempts.max ?? Number.MAX_SAFE_INTEGER };

const toLatency = (latency: NonNullable<WrittenExpectation['latency']>): NonNullable<Expectation['latencyMs']> =>
  Object.fromEntries(
    Object.entries(latency).flatMap(([name, bound]) => (bound === undefined ? [] : [[name, durationMs(bound)]])),
  );
