import type { Writable } from 'node:stream';
import type { AccessLogOut } from './access-log-out.ts';
import { jsonLine } from './json-line.ts';

const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Writes access logs to a stream (standard output) as lines of JSON. Who reads it slowly, or not at all, loses lines: they are counted. */
export function jsonLinesStream(stream: Writable, maxWaitingBytes = MAX_WAITING_BYTES): AccessLogOut {
  let written = 0;
  let dropped = 0;
  let waiting = 0;
  // Who reads it may go: then nothing is written any more, and no fault of it may end the process.
  stream.on('error', () => undefined);
  return {
    name: 'stdout',
    write(logged) {
      if (!stream.writable || stream.writableLength > maxWaitingBytes) {
        dropped += 1;
        return;
      }
      waiting += 1;
      stream.write(jsonLine(logged), (fault) => {
        waiting -= 1;
        if (fault) dropped += 1;
        else written += 1;
      });
    },
    counts: () => ({ written, dropped, waiting }),
    reopen: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
