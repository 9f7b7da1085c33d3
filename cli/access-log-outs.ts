import type { AccessLogOut } from '../controlplane/access-logs/out/access-log-out.ts';
import { jsonLinesFile } from '../controlplane/access-logs/out/json-lines-file.ts';
import { jsonLinesStream } from '../controlplane/access-logs/out/json-lines-stream.ts';
import { otlpOut } from '../controlplane/access-logs/out/otlp-out.ts';
import type { CommandContext } from './command-context.ts';
import { UsageError } from './usage-error.ts';

export type AccessLogOptions = { readonly accessLog?: string; readonly accessLogOtlp?: string };

/** `--access-log` for standard output, as JSON lines. */
export const TO_STDOUT = '-';

/** Where the path of an OTLP URL says nothing. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
const LOGS_PATH = '/v1/logs';

/**
 * Opens what access logs of the fleet are written to; a signal SIGHUP opens files again. Rejects with `UsageError` for a file that
 * cannot be opened, and for a URL that is none.
 */
export async function openAccessLogs(
  { accessLog, accessLogOtlp }: AccessLogOptions,
  context: Pick<CommandContext, 'stdout'>,
  say: (line: string) => void,
): Promise<{ readonly outs: readonly AccessLogOut[] } & AsyncDisposable> {
  const url = accessLogOtlp === undefined ? undefined : collectorUrl(accessLogOtlp);
  await using stack = new AsyncDisposableStack();
  const outs: AccessLogOut[] = [];
  if (accessLog === TO_STDOUT) outs.push(stack.use(jsonLinesStream(context.stdout as NodeJS.WriteStream)));
  else if (accessLog !== undefined) {
    const file = jsonLinesFile({ path: accessLog, say });
    outs.push(
      stack.use(
        await file.catch((error: unknown) => {
          throw new UsageError(`--access-log ${accessLog}: ${error instanceof Error ? error.message : error}`);
        }),
      ),
    );
  }
  if (url !== undefined) outs.push(stack.use(otlpOut({ url, say })));
  const reopen = (): void => {
    for (const out of outs) out.reopen();
  };
  if (outs.length > 0) {
    process.on('SIGHUP', reopen);
    stack.defer(() => void process.off('SIGHUP', reopen));
  }
  const opened = stack.move();
  return { outs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function collectorUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`--access-log-otlp ${text}: want a URL such as http://127.0.0.1:4318${LOGS_PATH}`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError('--access-log-otlp: give it no password: OTEL_EXPORTER_OTLP_HEADERS is for that');
  if (url.pathname === '/') url.pathname = LOGS_PATH;
  return url.href;
}
