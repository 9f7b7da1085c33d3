import type { PrometheusCheck } from '../access/policy.ts';

/** What a Prometheus server says to a check at one moment. */
export type PrometheusAnswer =
  | { readonly kind: 'holds'; readonly samples: number }
  | { readonly kind: 'violated'; readonly samples: readonly string[] }
  /** Nothing matches, or what matches is no number. */
  | { readonly kind: 'nothing'; readonly problem: string }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'unanswered'; readonly problem: string };

export type AskPrometheus = (
  check: PrometheusCheck,
  atEpochMs: number,
  signal: AbortSignal,
) => Promise<PrometheusAnswer>;

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
const NAMED = 5;

/** Asks `GET /api/v1/query`. Never rejects for what the server does; rejects when `signal` is aborted. */
export const askPrometheus: AskPrometheus = async (check, atEpochMs, signal) => {
  const url = new URL(`${check.url.replace(/\/+$/, '')}/api/v1/query`);
  // A password in the address goes as a header: `fetch` refuses it in the address, and words for people must not hold it.
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.searchParams.set('query', check.query);
  url.searchParams.set('time', String(atEpochMs / 1_000));
  const headers: Record<string, string> = { accept: 'application/json' };
  if (username !== '')
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  let status: number;
  let text: string;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(url, { headers, signal: limit, redirect: 'error' });
    status = response.status;
    text = await boundedText(response);
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'unanswered', problem: `${url.origin} gives no answer: ${causeOf(error)}` };
  }
  return readAnswer(check, status, text, url.origin);
};

async function boundedText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

type Body = {
  readonly status?: unknown;
  readonly errorType?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown };
};

/** Reads the answer of a server. Pure. */
export function readAnswer(check: PrometheusCheck, status: number, text: string, origin: string): PrometheusAnswer {
  let body: Body | null;
  try {
    body = JSON.parse(text) as Body | null;
  } catch {
    return { kind: 'unanswered', problem: `${origin} answered ${status} with something that is no JSON` };
  }
  if (body?.status === 'error' && body.errorType === 'bad_data')
    return { kind: 'invalid', problem: String(body.error) };
  if (body?.status !== 'success')
    return { kind: 'unanswered', problem: `${origin} answered ${status}: ${String(body?.error ?? 'no words')}` };
  const { resultType, result } = body.data ?? {};
  if (resultType !== 'vector' && resultType !== 'scalar')
    return { kind: 'invalid', problem: `its answer is a ${String(resultType)}; want numbers at one moment` };
  const samples = resultType === 'scalar' ? [{ metric: {}, value: result }] : result;
  if (!Array.isArray(samples)) return { kind: 'unanswered', problem: `${origin} answered with no result` };
  if (samples.length === 0) return { kind: 'nothing', problem: 'no series matches' };
  const read = samples.map(readSample);
  const noNumber = read.find(({ value }) => Number.isNaN(value));
  if (noNumber) return { kind: 'nothing', problem: `${noNumber.name} is no number` };
  const violating = read.filter(({ value }) => !holds(check.want, value));
  if (violating.length === 0) return { kind: 'holds', samples: read.length };
  return { kind: 'violated', samples: violating.slice(0, NAMED).map(({ name, value }) => `${name} is ${value}`) };
}

function readSample(sample: unknown): { readonly name: string; readonly value: number } {
  const { metric, value } = (sample ?? {}) as { readonly metric?: Record<string, unknown>; readonly value?: unknown };
  const written: unknown = Array.isArray(value) ? value[1] : undefined;
  const labels = Object.entries(metric ?? {}).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  return { name: labels.length > 0 ? `{${labels.join(', ')}}` : 'the value', value: numberOf(written) };
}

function numberOf(written: unknown): number {
  if (typeof written !== 'string' || written.trim() === '') return Number.NaN;
  if (/^[+-]?inf$/i.test(written)) return written.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(written);
}

function holds({ op, value: wanted }: PrometheusCheck['want'], value: number): boolean {
  switch (op) {
    case '<':
      return value < wanted;
    case '<=':
      return value <= wanted;
    case '>':
      return value > wanted;
    case '>=':
      return value >= wanted;
    case '==':
      return value === wanted;
    default:
      return op satisfies never;
  }
}

/** `fetch` says "fetch failed", and why in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
