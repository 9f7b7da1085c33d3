import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Customers: requests to the edge of every stage, at a steady rate, until disposed. */
export interface DemoTraffic extends AsyncDisposable {
  /** By stage, since the start. */
  readonly counts: () => ReadonlyMap<string, { readonly answered: number; readonly failed: number }>;
}

const PATHS = ['/items', '/items/7', '/payments/42'];

/**
 * `perSecond` requests a second to each port, as many connections as needed: Envoys that share a port by SO_REUSEPORT each get
 * some. Nothing that listens yet is no failure: the stage was not promoted to.
 */
export function startTraffic(ports: ReadonlyMap<string, number>, perSecond: number): DemoTraffic {
  const stopping = new AbortController();
  const counts = new Map([...ports.keys()].map((stage) => [stage, { answered: 0, failed: 0 }]));
  const loops = [...ports].map(async ([stage, port]) => {
    const count = counts.get(stage) ?? { answered: 0, failed: 0 };
    for (let sent = 0; !stopping.signal.aborted; sent++) {
      // A connection each: which Envoy gets it is the kernel's choice, made when it is opened.
      void ask(port, PATHS[sent % PATHS.length] ?? '/', stopping.signal).then((outcome) => {
        if (outcome === 'answered') count.answered++;
        if (outcome === 'failed') count.failed++;
      });
      await sleep(1_000 / perSecond, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  });
  return {
    counts: () => counts,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

const ask = (port: number, path: string, signal: AbortSignal): Promise<'answered' | 'failed' | 'nobody'> =>
  new Promise((resolve) => {
    const agent = new Agent({ keepAlive: false });
    const sent = request({ host: '127.0.0.1', port, path, agent, signal, timeout: 10_000 }, (response) => {
      response.resume();
      response.once('close', () => resolve((response.statusCode ?? 500) < 500 ? 'answered' : 'failed'));
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'nobody' : 'failed'));
    sent.end();
  });
