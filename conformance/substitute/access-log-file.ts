import { createHash } from 'node:crypto';

/**
 * The file in the cell's own directory that an access log is written to. The same original path gives the same file, so that
 * several loggers of one path still share one; `/dev/stdout` and `/dev/stderr` stand for the loggers of those streams too.
 */
export function accessLogFile(scratchDir: string, originalPath: string): string {
  const words = originalPath
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-40);
  const hash = createHash('sha256').update(originalPath).digest('hex').slice(0, 8);
  return `${scratchDir}/access-log-${words}-${hash}.log`;
}
