import type { ServerHttp2Session } from 'node:http2';

export type ConnectionLimits = {
  /** Ends connections that do not answer a ping, one each so long, within as long again; default: never. */
  readonly keepaliveMs?: number;
  /** A connection is asked to make way for a new one at this age, a tenth more or less; default: never. */
  readonly maxAgeMs?: number;
  /** How long it may then take before its streams are ended. Default 30 s. */
  readonly ageGraceMs?: number;
  /** Streams at a time on one connection. Default 10,000: an Envoy without aggregation opens one for each cluster. */
  readonly maxStreams?: number;
};

const AGE_GRACE_MS = 30_000;

/** Pings a connection, and has it make way when it is old. `endCalls` ends those that are still open, with a status. */
export function careForConnection(
  session: ServerHttp2Session,
  { keepaliveMs, maxAgeMs, ageGraceMs = AGE_GRACE_MS }: ConnectionLimits,
  endCalls: () => void,
): void {
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, act: () => void): void => {
    timers.push(setTimeout(act, ms).unref());
  };
  if (keepaliveMs !== undefined) keepAlive(session, keepaliveMs);
  if (maxAgeMs !== undefined)
    // Connections that came together do not all go together.
    after(maxAgeMs * (0.9 + 0.2 * Math.random()), () => {
      if (!session.destroyed) session.close();
      after(ageGraceMs, () => {
        if (session.destroyed) return;
        endCalls();
        after(LAST_WORDS_MS, () => session.destroy());
      });
    });
  session.once('close', () => {
    for (const timer of timers) clearTimeout(timer);
  });
}

/** For the statuses of the calls that were ended to be sent. */
const LAST_WORDS_MS = 1_000;

function keepAlive(session: ServerHttp2Session, everyMs: number): void {
  let unanswered = false;
  const timer = setInterval(() => {
    if (session.destroyed) return;
    if (unanswered) {
      session.destroy();
      return;
    }
    unanswered = true;
    const isSent = session.ping((fault) => {
      if (!fault) unanswered = false;
    });
    if (!isSent) unanswered = false;
  }, everyMs).unref();
  session.once('close', () => clearInterval(timer));
}
