import type { ServerHttp2Session } from 'node:http2';

/** One connection of a peer, as those who serve its calls see it. */
export type Connection = {
  /** `10.0.0.7:51234`. */
  readonly address: string;
  /** On the clock of `performance.now()`. */
  readonly openedAtMs: number;
  /** Asks the peer to make way (GOAWAY), and ends what is still open on it after `graceMs`. A second time changes nothing. */
  makeWay(graceMs: number): void;
};

/** For the statuses of the calls that were ended to be sent. */
const LAST_WORDS_MS = 1_000;

/** `endCalls` ends the calls that are still open, with a status. */
export function connectionOf(session: ServerHttp2Session, endCalls: () => void): Connection {
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, act: () => void): void => {
    timers.push(setTimeout(act, ms).unref());
  };
  session.once('close', () => {
    for (const timer of timers) clearTimeout(timer);
  });
  let isAsked = false;
  const { remoteAddress = 'unknown', remotePort } = session.socket;
  return {
    address: `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort ?? 0}`,
    openedAtMs: performance.now(),
    makeWay(graceMs) {
      if (isAsked) return;
      isAsked = true;
      if (!session.destroyed) session.close();
      after(graceMs, () => {
        if (session.destroyed) return;
        endCalls();
        after(LAST_WORDS_MS, () => session.destroy());
      });
    },
  };
}
