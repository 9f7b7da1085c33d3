import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { isFailure } from '../../telemetry/exchanges-of-log.ts';
import type { AccessLogOut, LoggedBy } from './access-log-out.ts';
import { logAttributes, SEVERITIES } from './log-attributes.ts';
import { startedAtEpochMs } from './started-at.ts';

export type OtlpOutOptions = {
  /** Where the collector takes logs over HTTP, such as `http://127.0.0.1:4318/v1/logs`. */
  readonly url: string;
  /** Told when the collector takes nothing, and when it does again. */
  readonly say: (line: string) => void;
  /** Entries that wait for the collector; what comes beyond them is dropped. Default 20,000. */
  readonly maxWaiting?: number;
  /** How long one batch may take, with all that is tried again. Default 10 s. */
  readonly timeoutMs?: number;
};

const MAX_WAITING = 20_000;
const BATCH = 512;
const TIMEOUT_MS = 10_000;
/** What is no full batch waits so long for more. */
const DELAY_MS = 500;

/**
 * Sends access logs to an OpenTelemetry collector: OTLP over HTTP, one batch at a time. What it cannot take in time is dropped and
 * counted. Headers for it (a token) come from the environment, `OTEL_EXPORTER_OTLP_HEADERS`, as that library reads it.
 */
export function otlpOut({ url, say, maxWaiting = MAX_WAITING, timeoutMs = TIMEOUT_MS }: OtlpOutOptions): AccessLogOut {
  const exporter = new OTLPLogExporter({ url, timeoutMillis: timeoutMs });
  let queue: ReadableLogRecord[] = [];
  let inFlight = 0;
  let written = 0;
  let dropped = 0;
  let isFailing = false;
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;

  /** The library's own queue drops without a word; this one counts. */
  const provider = new LoggerProvider({
    processors: [
      {
        onEmit(record) {
          if (queue.length + inFlight >= maxWaiting) {
            dropped += 1;
            return;
          }
          queue.push(record);
          schedule();
        },
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  });
  const logger = provider.getLogger('meshgate.access-log');

  const begin = (): void => {
    clearTimeout(timer);
    timer = undefined;
    sending = send().finally(() => {
      sending = undefined;
      if (queue.length > 0 && !isClosing) schedule();
    });
  };

  function schedule(): void {
    if (sending) return;
    if (queue.length >= BATCH) begin();
    else timer ??= setTimeout(begin, DELAY_MS).unref();
  }

  async function send(): Promise<void> {
    const batch = queue.splice(0, BATCH);
    inFlight = batch.length;
    const fault = await new Promise<void>((resolve, reject) =>
      exporter.export(batch, ({ code, error }) =>
        code === 0 ? resolve() : reject(error ?? new Error('it was refused')),
      ),
    ).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    inFlight = 0;
    if (fault) dropped += batch.length;
    else written += batch.length;
    if (fault && !isFailing) say(`access logs cannot be sent: ${fault.message}`);
    if (!fault && isFailing) say('access logs are sent again');
    isFailing = fault !== undefined;
  }

  return {
    name: 'otlp',
    write(logged) {
      if (isClosing) dropped += 1;
      else logger.emit(recordOf(logged));
    },
    counts: () => ({ written, dropped, waiting: queue.length + inFlight }),
    reopen: () => undefined,
    async [Symbol.asyncDispose]() {
      isClosing = true;
      clearTimeout(timer);
      const last = async (): Promise<void> => {
        await sending;
        while (queue.length > 0 && !isFailing) await send();
      };
      let over: NodeJS.Timeout | undefined;
      await Promise.race([
        last(),
        new Promise<void>((resolve) => {
          over = setTimeout(resolve, timeoutMs);
        }),
      ]);
      clearTimeout(over);
      dropped += queue.length;
      queue = [];
      await exporter.shutdown();
      await provider.shutdown();
    },
  };
}

/** As seconds and nanoseconds: a number below about 1998 is taken for one since the process began. */
const hrTime = (epochMs: number): [seconds: number, nanos: number] => [
  Math.floor(epochMs / 1_000),
  Math.floor((epochMs % 1_000) * 1_000_000),
];

function recordOf(logged: LoggedBy) {
  const { entry, atEpochMs } = logged;
  const { texts, traceId, spanId } = entry;
  const severity = isFailure(entry) ? SEVERITIES.error : SEVERITIES.info;
  const attributes: Record<string, string | number | string[]> = {};
  for (const [name, value] of Object.entries(logAttributes(logged)))
    attributes[name] = typeof value === 'object' ? [...value] : value;
  if (traceId !== undefined && spanId === undefined) attributes.trace_id = traceId;
  return {
    eventName: entry.kind === 'tcp' ? 'envoy.connection' : 'envoy.exchange',
    timestamp: hrTime(startedAtEpochMs(logged)),
    observedTimestamp: hrTime(atEpochMs),
    severityNumber: severity.number,
    severityText: severity.text,
    body: entry.kind === 'tcp' ? 'TCP connection' : `${texts?.method || '-'} ${entry.code || 'no answer'}`,
    attributes,
    context:
      traceId === undefined || spanId === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.NONE }),
  };
}
