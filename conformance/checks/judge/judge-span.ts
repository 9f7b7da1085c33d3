import type { Finding } from '../../../render/finding.ts';
import type { ReceivedSpan } from '../../upstream/otlp-spans.ts';
import type { RequestCheck, SpanExpectation, ValueMatch } from '../check.ts';
import type { Exchange } from './exchange.ts';
import { faultOfMany } from './fault.ts';
import { describeMatch, describeValue, matchesValue } from './value-match.ts';

/** Spans of a trace that reached collectors. */
export type SpansOf = (traceId: string) => readonly ReceivedSpan[];

// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace that a request belongs to: as its host was told, or, where none was reached, as the check itself said. */
function traceOf({ request }: RequestCheck, { attempts }: Exchange): string | undefined {
  const sent = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'traceparent')?.[1];
  return TRACEPARENT.exec(attempts[0]?.headers.traceparent ?? sent ?? '')?.[1];
}

type Part = {
  readonly what: string;
  readonly match: ValueMatch;
  readonly value: (span: ReceivedSpan) => string | undefined;
};

function partsOf({ name, kind, attributes = {}, resource = {} }: SpanExpectation): readonly Part[] {
  const own = (of: Readonly<Record<string, string>>, key: string) => (Object.hasOwn(of, key) ? of[key] : undefined);
  return [
    ...(name === undefined ? [] : [{ what: 'name', match: name, value: (span: ReceivedSpan) => span.name }]),
    ...(kind === undefined
      ? []
      : [{ what: 'kind', match: { kind: 'exact', value: kind } as const, value: (span: ReceivedSpan) => span.kind }]),
    ...Object.entries(attributes).map(
      ([key, match]): Part => ({ what: key, match, value: (span) => own(span.attributes, key) }),
    ),
    ...Object.entries(resource).map(
      ([key, match]): Part => ({ what: `resource ${key}`, match, value: (span) => own(span.resource, key) }),
    ),
  ];
}

/** Each request has a span that is as expected. The finding shows the span that comes nearest. */
export function judgeSpan(check: RequestCheck, exchanges: readonly Exchange[], spansOf: SpansOf): readonly Finding[] {
  if (!check.expect.span) return [];
  const parts = partsOf(check.expect.span);
  const want = `a span${parts.length === 0 ? '' : ' with '}${parts.map(({ what, match }) => `${what} ${describeMatch(match)}`).join(', ')}`;
  return faultOfMany(check, exchanges, 'check-span', 'span', want, (exchange) => {
    const trace = traceOf(check, exchange);
    if (trace === undefined) return 'no traceparent: the request has no trace';
    const spans = spansOf(trace);
    if (spans.length === 0) return 'no span of the trace reached a collector';
    const judged = spans.map((span) =>
      parts.filter(({ match, value }) => !matchesValue(match, value(span))).map((part) => ({ span, part })),
    );
    const [nearest = []] = judged.toSorted((a, b) => a.length - b.length);
    if (nearest.length === 0) return undefined;
    const off = nearest.map(({ span, part }) => `${part.what} ${describeValue(part.value(span))}`).join(', ');
    return `${off}, in the nearest of ${spans.length} spans`;
  });
}
