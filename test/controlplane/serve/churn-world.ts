import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { Resource } from '../../../render/resource.ts';
import { edsCluster, endpoints, listener, rds, route } from '../xds/small-mesh.ts';

/** Clusters whose hosts are found; the first is what the traffic goes to. */
export const FOUND = Array.from({ length: 8 }, (_, index) => `found-${index}`);
export const APP = 'found-0';

const CHECKED: JsonObject = {
  commonLbConfig: { updateMergeWindow: '0.1s' },
  ignoreHealthOnHostRemoval: true,
  healthChecks: [
    {
      timeout: '5s',
      interval: '1s',
      noTrafficInterval: '1s',
      unhealthyThreshold: 3,
      healthyThreshold: 1,
      httpHealthCheck: { path: '/healthz' },
    },
  ],
};

const discoveryOf = (cluster: string): ClusterDiscovery => ({
  sources: [{ kind: 'file', path: `${cluster}.yaml`, priority: 0 }],
  maxStaleMs: 60 * 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
});

/** A mesh of which any of its parts is another with another number. */
export type ChurnMesh = { readonly timeoutMs: number; readonly header: number; readonly extras: readonly number[] };

export function churnMesh({ timeoutMs, header, extras }: ChurnMesh, fixedPort: number): readonly Resource[] {
  const timeout = { connectTimeout: `${timeoutMs / 1_000}s` };
  const main: Resource = {
    ...route('main', APP),
    body: {
      name: 'main',
      responseHeadersToAdd: [{ header: { key: 'x-change', value: String(header) } }],
      virtualHosts: [
        {
          name: 'main',
          domains: ['*'],
          routes: [
            ...extras.map((extra) => ({ match: { path: `/extra-${extra}` }, route: { cluster: `extra-${extra}` } })),
            { match: { prefix: '/' }, route: { cluster: APP } },
          ],
        },
      ],
    },
  };
  return [
    ...FOUND.map((name) => ({
      ...edsCluster(name, name === APP || name === 'found-1' ? CHECKED : {}),
      discovery: discoveryOf(name),
    })),
    edsCluster('fixed', timeout),
    endpoints('fixed', fixedPort),
    ...extras.flatMap((extra) => [edsCluster(`extra-${extra}`), endpoints(`extra-${extra}`, fixedPort)]),
    main,
    listener('web', rds('main')),
  ];
}

/** Requests through an Envoy, one after the other on connections of their own, until aborted. */
export function traffic(port: () => Promise<number>, everyMs: number) {
  const stopping = new AbortController();
  const seen = { asked: 0, failures: [] as string[] };
  const asking = (async () => {
    for (; !stopping.signal.aborted; await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {})) {
      const problem = await ask(await port());
      seen.asked += 1;
      if (problem !== undefined) seen.failures.push(`${new Date().toISOString()} ${problem}`);
    }
  })();
  return {
    seen,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await asking;
    },
  };
}

const NO_KEPT_CONNECTIONS = new Agent({ keepAlive: false });

/** Undefined: it was answered with 200. */
const ask = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const asking = get(
      { host: '127.0.0.1', port, path: '/', agent: NO_KEPT_CONNECTIONS, timeout: 20_000 },
      (answer) => {
        const flags = answer.headers['x-envoy-response-flags'] ?? '';
        answer.resume();
        answer.on('error', (fault) => resolve(fault.message));
        answer.on('end', () => resolve(answer.statusCode === 200 ? undefined : `${answer.statusCode} ${flags}`));
      },
    );
    asking.on('timeout', () => asking.destroy(new Error('no answer within 20 s')));
    asking.on('error', (fault) => resolve(fault.message));
  });
