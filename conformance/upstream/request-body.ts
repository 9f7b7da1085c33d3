import type { Readable } from 'node:stream';
import type { Recording, RequestLog } from './request-log.ts';

/** More is thrown away as it arrives, and the answer no longer waits for it. */
const AWAITED_BODY_BYTES = 1024 * 1024;

/** Reads (and records the start of) a request's body; `whenRead` is called once, never for a request that breaks off. */
export function readBody(source: Readable, recording: Recording, log: RequestLog, whenRead: () => void): void {
  let bytes = 0;
  let told = false;
  const tell = () => {
    if (told) return;
    told = true;
    whenRead();
  };
  source.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    log.addBody(recording, chunk);
    if (bytes > AWAITED_BODY_BYTES) tell();
  });
  source.once('end', tell);
}

/** Calls `then` after `delayMs` (at once for 0) unless `owner` closed before. */
export function afterDelay(
  owner: { once(event: 'close', listener: () => void): unknown },
  delayMs: number,
  then: () => void,
): void {
  if (delayMs === 0) {
    then();
    return;
  }
  const timer = setTimeout(then, delayMs);
  owner.once('close', () => clearTimeout(timer));
}
