import type { ListenerAddress } from '../cell/running-cell.ts';
import type { RequestSpec } from '../checks/check.ts';
import type { Client, ConnectionUse } from './client.ts';
import type { ClientAnswer } from './client-answer.ts';

export type TrafficOptions = {
  readonly client: Client;
  /** Sent in turn, over and over. */
  readonly requests: readonly RequestSpec[];
  /** Where a listener is now: asked for each request, because a rehearsal may move listeners. Undefined: the request is skipped. */
  readonly addressOf: (listener: string) => ListenerAddress | undefined;
  readonly requestsPerSecond: number;
  /** Default `kept`. */
  readonly connection?: ConnectionUse;
  /** Requests that come due while so many wait for their answers are dropped, and counted. Default 512. */
  readonly maxInFlight?: number;
  /** After a pause of the event loop at most so many missed requests are made up for at once. Default a twentieth of a second's worth. */
  readonly maxCatchUp?: number;
  /** Whether an answer counts as a failure. Default: no answer, a 5xx status, or a grpc-status other than 0. */
  readonly isFailure?: (answer: ClientAnswer, request: RequestSpec) => boolean;
  /** Told of every answer, and of what stands for one. `sentMs`: `performance.now()`. */
  readonly onAnswer?: (sentMs: number, answer: ClientAnswer, failed: boolean) => void;
};

export type TrafficFailure = {
  /** When the request was sent: `performance.now()`. */
  readonly atMs: number;
  /** When its answer came, or what stood for one. */
  readonly answeredAtMs: number;
  /** Index into `requests`. */
  readonly request: number;
  readonly answer: ClientAnswer;
};

export type RequestOutcomes = {
  readonly request: RequestSpec;
  sent: number;
  failed: number;
  /** By `200`, `503`, `grpc 14`, `reset`, `timeout` …: how often. */
  readonly outcomes: Record<string, number>;
};

export type TrafficReport = {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly sent: number;
  readonly failed: number;
  /** Came due and were not sent: too many in flight, no listener, or a pause too long to catch up with. */
  readonly dropped: { readonly inFlight: number; readonly noListener: number; readonly pause: number };
  /** The first 1,000. */
  readonly failures: readonly TrafficFailure[];
  /** In the order of `requests`. */
  readonly perRequest: readonly Readonly<RequestOutcomes>[];
  /** Of answers; undefined where there was none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
};

export type RunningTraffic = {
  /** How it stands now. */
  report(): TrafficReport;
  /** Resolves when all that is under way now has its answer (each has its time limit); sending goes on. */
  answered(): Promise<void>;
  /** Sends no more, waits for the answers that are due (each has its time limit) and reports. */
  stop(): Promise<TrafficReport>;
};

const TICK_MS = 5;
const KEPT_FAILURES = 1_000;
/** A reservoir would be fairer over hours; rehearsals take seconds. */
const KEPT_LATENCIES = 100_000;

/**
 * Open-loop traffic: requests go out at a steady pace whatever the answers do, so that a slow or broken proxy cannot make the
 * traffic wait and look better than it is. Throws `RangeError` for no requests or a rate that is not positive.
 */
export function startTraffic(options: TrafficOptions): RunningTraffic {
  const { client, requests, addressOf, requestsPerSecond, connection = 'kept', maxInFlight = 512 } = options;
  if (requests.length === 0) throw new RangeError('traffic: there are no requests to send');
  if (!(requestsPerSecond > 0 && requestsPerSecond < 1e6)) {
    throw new RangeError(`traffic: requestsPerSecond is ${requestsPerSecond}; it must be above 0 and below 1,000,000`);
  }
  const { maxCatchUp = Math.max(1, Math.ceil(requestsPerSecond / 20)), isFailure = failedByDefault } = options;
  const perRequest = requests.map((request): RequestOutcomes => ({ request, sent: 0, failed: 0, outcomes: {} }));
  const failures: TrafficFailure[] = [];
  const latencies: number[] = [];
  const dropped = { inFlight: 0, noListener: 0, pause: 0 };
  const inFlight = new Set<Promise<void>>();
  const startedMs = performance.now();
  let endedMs: number | undefined;
  let sent = 0;
  let failed = 0;
  let turn = 0;
  /** Requests that have come due so far, sent or dropped. */
  let accounted = 0;

  function tick(): void {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * requestsPerSecond) + 1;
    let owed = due - accounted;
    if (owed > maxCatchUp) {
      dropped.pause += owed - maxCatchUp;
      owed = maxCatchUp;
    }
    accounted = due;
    for (; owed > 0; owed--) sendNext();
  }

  function sendNext(): void {
    const index = turn++ % requests.length;
    const { request } = perRequest[index] as RequestOutcomes;
    const address = addressOf(request.listener);
    if (address === undefined) dropped.noListener++;
    else if (inFlight.size >= maxInFlight) dropped.inFlight++;
    else {
      const exchange = follow(index, client.send(address, request, connection));
      inFlight.add(exchange);
      exchange.finally(() => inFlight.delete(exchange));
    }
  }

  async function follow(index: number, sending: Promise<ClientAnswer>): Promise<void> {
    const counts = perRequest[index] as RequestOutcomes;
    const atMs = performance.now();
    sent++;
    counts.sent++;
    let answer: ClientAnswer;
    try {
      answer = await sending;
    } catch {
      // Only when the run is given up: not an outcome of this request.
      sent--;
      counts.sent--;
      return;
    }
    const outcome = outcomeOf(answer);
    counts.outcomes[outcome] = (counts.outcomes[outcome] ?? 0) + 1;
    if (answer.kind === 'answer' && latencies.length < KEPT_LATENCIES) latencies.push(answer.latencyMs);
    const isFailed = isFailure(answer, counts.request);
    options.onAnswer?.(atMs, answer, isFailed);
    if (!isFailed) return;
    failed++;
    counts.failed++;
    if (failures.length < KEPT_FAILURES)
      failures.push({ atMs, answeredAtMs: performance.now(), request: index, answer });
  }

  function report(): TrafficReport {
    return {
      startedMs,
      endedMs: endedMs ?? performance.now(),
      sent,
      failed,
      dropped: { ...dropped },
      failures: [...failures],
      perRequest: perRequest.map((counts) => ({ ...counts, outcomes: { ...counts.outcomes } })),
      latencyMs: percentiles(latencies),
    };
  }

  const timer = setInterval(tick, Math.max(TICK_MS, Math.min(1000 / requestsPerSecond, 1000)));
  tick();
  return {
    report,
    async answered() {
      await Promise.all(inFlight);
    },
    async stop() {
      clearInterval(timer);
      endedMs ??= performance.now();
      await Promise.all(inFlight);
      return report();
    },
  };
}

const failedByDefault = (answer: ClientAnswer): boolean =>
  answer.kind === 'failed' || answer.status >= 500 || (answer.grpcStatus ?? 0) !== 0;

function outcomeOf(answer: ClientAnswer): string {
  if (answer.kind === 'failed') return answer.reason;
  return answer.grpcStatus === undefined ? String(answer.status) : `grpc ${answer.grpcStatus}`;
}

function percentiles(values: readonly number[]): TrafficReport['latencyMs'] {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
