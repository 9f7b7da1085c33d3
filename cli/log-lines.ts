import type { Say } from '../controlplane/serve/say.ts';
import { wantOneOf } from '../render/nearest-names.ts';
import { oneLine } from './one-line.ts';
import { TOOL_VERSION } from './tool-version.ts';
import { UsageError } from './usage-error.ts';

const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Throws `UsageError` for what is no format. */
export function logFormatOf(text: string): LogFormat {
  const found = LOG_FORMATS.find((format) => format === text);
  if (!found) throw new UsageError(`--log-format ${text}: want ${wantOneOf('a format', text, LOG_FORMATS)}`);
  return found;
}

export type LogPorts = {
  readonly write: (text: string) => void;
  readonly nowEpochMs: () => number;
  readonly stage: string;
  readonly processId: number;
};

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const SEVERITY_NUMBERS = { info: 9, warn: 13 } as const;

/**
 * Lines of `mesh serve` for people, or one JSON object each with the fields of OpenTelemetry's log data model, as a collector's `filelog`
 * receiver takes them.
 */
export function logLines(format: LogFormat, { write, nowEpochMs, stage, processId }: LogPorts): Say {
  if (format === 'text') return (line) => write(`serve ${stage}: ${oneLine(line)}\n`);
  const resource = {
    'service.name': 'meshgate-control-plane',
    'service.namespace': stage,
    'service.version': TOOL_VERSION,
    'process.pid': processId,
  };
  return (line, { severity = 'info', attributes = {} } = {}) =>
    write(
      `${JSON.stringify({
        timestamp: new Date(nowEpochMs()).toISOString(),
        severityText: severity.toUpperCase(),
        severityNumber: SEVERITY_NUMBERS[severity],
        body: oneLine(line),
        attributes: { 'meshgate.stage': stage, ...attributes },
        resource,
      })}\n`,
    );
}
