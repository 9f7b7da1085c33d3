import { createConnection } from 'node:net';
import { pause } from '../ask-on.ts';

export type AppCheck = {
  /** `http://127.0.0.1:8080/healthz`: healthy is any status from 200 to 299. `tcp://127.0.0.1:8080`: whoever takes connections is. */
  readonly url: string;
  /** Default 2 s. */
  readonly everyMs?: number;
  /** Default 1 s. */
  readonly timeoutMs?: number;
  /** Failures in a row until it is unhealthy; default 2. One success makes it healthy. */
  readonly failures?: number;
};

/** Yields whether the app is healthy: first after the first look, then at each change, until aborted. Never rejects. */
export async function* watchApp(check: AppCheck, signal: AbortSignal): AsyncGenerator<'healthy' | 'unhealthy'> {
  const { everyMs = 2_000, failures = 2 } = check;
  let said: 'healthy' | 'unhealthy' | undefined;
  for (let failed = 0; !signal.aborted; await pause(everyMs, signal)) {
    failed = (await looksWell(check, signal)) ? 0 : failed + 1;
    if (signal.aborted) return;
    // Before anything was said one failure is enough: an app that starts gets no requests on credit.
    const is = failed === 0 ? 'healthy' : failed >= failures || said === undefined ? 'unhealthy' : said;
    if (is !== said) yield is;
    said = is;
  }
}

async function looksWell({ url, timeoutMs = 1_000 }: AppCheck, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'tcp:') return takesConnections(hostname.replace(/^\[|\]$/g, ''), Number(port), limit);
  try {
    const response = await fetch(url, { signal: limit, redirect: 'manual' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

const takesConnections = (host: string, port: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port, signal });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
