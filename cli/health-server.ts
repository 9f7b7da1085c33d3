import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MetricFamily, PROMETHEUS_TEXT, prometheusText } from '../controlplane/admin/prometheus-text.ts';
import { hostInUrl, type ListenAddress, listenAddress } from './listen-address.ts';

/** One thing that a process needs: what is wrong with it, or undefined. Rejecting is "wrong" too. */
export type HealthCheck = () => Promise<string | undefined>;

export type HealthOptions = ListenAddress & {
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Facts to show beside the checks. */
  readonly facts?: () => Promise<Readonly<Record<string, number | string | undefined>>>;
  /** What `/metrics` shows beside `meshgate_health_check` (1 for each of the checks that holds). Rejecting leaves it out. */
  readonly metrics?: () => Promise<readonly MetricFamily[]>;
  /** A check that takes longer has failed, and metrics that take longer are left out. Default 2 s, below the 3 s and more that probes are given. */
  readonly withinMs?: number;
};
export interface HealthServer extends AsyncDisposable {
  readonly url: string;
}

const WITHIN_MS = 2_000;

/** As `startHealthServer`, where `--health` asks for one. Throws `UsageError` for what is no address. */
export async function healthServerOf(
  address: string | undefined,
  options: Omit<HealthOptions, keyof ListenAddress>,
): Promise<HealthServer | undefined> {
  return address === undefined
    ? undefined
    : startHealthServer({ ...listenAddress('--health', address, '127.0.0.1:9090'), ...options });
}

/**
 * `/healthz`: the process lives (its loop turns). `/readyz`: all its checks hold, 503 otherwise; the body says which does not. No secret is
 * in it, and nothing can be done through it. `/metrics`: the same checks and more for Prometheus. Rejects when the port is taken.
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    request.resume();
    void answer(request, response, options).catch(() => response.destroy());
  });
  server.listen({ host: options.host, port: options.port });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${hostInUrl(options.host)}:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HealthOptions): Promise<void> {
  const path = request.url?.split('?')[0];
  const say = (status: number, body: object): void => {
    const type = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    response.writeHead(status, type).end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, { error: 'only GET' });
  if (path === '/healthz') return say(200, { alive: true });
  const withinMs = options.withinMs ?? WITHIN_MS;
  if (path === '/metrics') {
    const [more, problems] = await Promise.all([
      within(withinMs, async () => options.metrics?.()).catch(() => undefined),
      problemsOf(options.checks, withinMs),
    ]);
    const text = prometheusText([healthMetric(problems), ...(more ?? [])]);
    response.writeHead(200, { 'content-type': PROMETHEUS_TEXT, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : text);
    return;
  }
  if (path !== '/readyz') return say(404, { error: 'want /healthz, /readyz or /metrics' });
  const [facts, wrong] = await Promise.all([
    within(withinMs, async () => options.facts?.()).catch(() => undefined),
    problemsOf(options.checks, withinMs),
  ]);
  const ready = wrong.every(([, problem]) => problem === undefined);
  const checks = Object.fromEntries(wrong.map(([name, problem]) => [name, problem ?? 'ok']));
  say(ready ? 200 : 503, { ready, ...checks, ...facts });
}

type Problems = readonly (readonly [check: string, problem: string | undefined])[];

const problemsOf = (checks: HealthOptions['checks'], withinMs: number): Promise<Problems> =>
  Promise.all(
    Object.entries(checks).map(
      async ([name, check]) =>
        [
          name,
          await within(withinMs, check).catch((error: unknown) =>
            error instanceof Error ? error.message : String(error),
          ),
        ] as const,
    ),
  );

/** The checks of a process as one metric. */
export const healthMetric = (problems: Problems): MetricFamily => ({
  name: 'meshgate_health_check',
  help: '1: what this process needs is there; 0: it is not, and /readyz says why.',
  type: 'gauge',
  samples: problems.map(([check, problem]) => ({ labels: { check }, value: problem === undefined ? 1 : 0 })),
});

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const tooLate = new AbortController();
  try {
    return await Promise.race([
      work(),
      sleep(ms, undefined, { signal: tooLate.signal }).then(() => {
        throw new Error(`no answer within ${ms} ms`);
      }),
    ]);
  } finally {
    tooLate.abort();
  }
}
