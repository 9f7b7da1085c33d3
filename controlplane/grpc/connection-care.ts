import type { ServerHttp2Session } from 'node:http2';
import type { Connection } from './connection.ts';

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

/** Pings a connection, and has it make way when it is old. */
export function careForConnection(
  session: ServerHttp2Session,
  { keepaliveMs, maxAgeMs, ageGraceMs = AGE_GRACE_MS }: ConnectionLimits,
  connection: Connection,
): void {
  if (keepaliveMs !== undefined) keepAlive(session, keepaliveMs);
  if (maxAgeMs === undefined) return;
  // Connections that came together do not all go together.
  const timer = setTimeout(() => connection.makeWay(ageGraceMs), maxAgeMs * (0.9 + 0.2 * Math.random())).unref();
  session.once('close', () => clearTimeout(timer));
}

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
