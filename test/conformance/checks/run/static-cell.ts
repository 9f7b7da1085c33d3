import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readListeners } from '../../../../conformance/admin/listeners.ts';
import type { RunningCell } from '../../../../conformance/cell/running-cell.ts';
import { envoyBinaries } from '../../../../conformance/launcher/envoy-binary.ts';
import { processLauncher } from '../../../../conformance/launcher/process-launcher.ts';
import { sharedPki } from '../../../../conformance/pki/pki.ts';
import { startUpstreams } from '../../../../conformance/upstream/start-upstreams.ts';
import type { Stage } from '../../../../render/config/mesh-config.ts';
import { DEFAULT_OBSERVE, NO_GATES } from '../../../../render/config/stage-defaults.ts';
import type { EnvoyVersion, StageName } from '../../../../render/ids.ts';
import type { JsonObject, JsonValue } from '../../../../render/json.ts';
import { makeSnapshot } from '../../../../render/snapshot.ts';
import { cacheDirOf } from '../../../../render/wheels/cache-dir.ts';

const at = { file: 'mesh.yaml', line: 1, column: 1 };
const VERSION = '1.38.3' as EnvoyVersion;
/** The hosts of each cluster, as the config would name them. */
const HOSTS = {
  orders: ['10.0.0.1', '10.0.0.2'],
  next: ['10.0.0.3'],
  shadow: ['10.0.0.4'],
  checked: ['10.0.0.5', '10.0.0.6'],
  grpc: ['10.0.0.7'],
} as const;
const PORT = 8080;
type ClusterName = keyof typeof HOSTS;

const endpointsOf = (
  name: ClusterName,
  portOf: (address: string) => { readonly address: string; readonly port: number },
): JsonObject => ({
  clusterName: name,
  endpoints: [
    {
      lbEndpoints: HOSTS[name].map((host) => {
        const { address, port } = portOf(host);
        return { endpoint: { address: { socketAddress: { address, portValue: port } } } };
      }),
    },
  ],
});

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const clusterBody = (name: ClusterName, loadAssignment: JsonObject): JsonObject => ({
  name,
  connectTimeout: '1s',
  type: 'STATIC',
  loadAssignment,
  ...(name === 'checked'
    ? {
        healthChecks: [
          {
            timeout: '1s',
            interval: '0.1s',
            noTrafficInterval: '0.1s',
            unhealthyThreshold: 1,
            healthyThreshold: 1,
            httpHealthCheck: { path: '/healthz' },
          },
        ],
        commonLbConfig: { healthyPanicThreshold: { value: 0 } },
      }
    : {}),
  ...(name === 'grpc'
    ? {
        typedExtensionProtocolOptions: {
          [HTTP_OPTIONS]: {
            '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
            explicitHttpConfig: { http2ProtocolOptions: {} },
          },
        },
      }
    : {}),
});

const filter = (name: string, type: string, config: JsonObject = {}): JsonObject => ({
  name,
  typedConfig: { '@type': `type.googleapis.com/${type}`, ...config },
});
const ROUTES: JsonValue[] = [
  { match: { prefix: '/retried' }, route: { cluster: 'orders', retryPolicy: { retryOn: '5xx', numRetries: 3 } } },
  {
    match: { prefix: '/split' },
    route: {
      weightedClusters: {
        clusters: [
          { name: 'orders', weight: 50 },
          { name: 'next', weight: 50 },
        ],
      },
    },
  },
  { match: { prefix: '/copied' }, route: { cluster: 'orders', requestMirrorPolicies: [{ cluster: 'shadow' }] } },
  { match: { prefix: '/timed' }, route: { cluster: 'orders', timeout: '0.3s', prefixRewrite: '/inner' } },
  { match: { prefix: '/checked' }, route: { cluster: 'checked' } },
  { match: { prefix: '/direct' }, directResponse: { status: 403, body: { inlineString: 'no' } } },
  { match: { prefix: '/grpc.health.v1.Health' }, route: { cluster: 'grpc' } },
  { match: { prefix: '/' }, route: { cluster: 'orders' } },
];

const listenerBody = (logFile: string): JsonObject => ({
  name: 'edge',
  address: { socketAddress: { address: '127.0.0.1', portValue: 0 } },
  filterChains: [
    {
      filters: [
        filter('hcm', 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
          statPrefix: 'edge',
          routeConfig: { name: 'edge', virtualHosts: [{ name: 'all', domains: ['*'], routes: ROUTES }] },
          accessLog: [
            filter('file', 'envoy.extensions.access_loggers.file.v3.FileAccessLog', {
              path: logFile,
              logFormat: {
                jsonFormat: {
                  path: '%REQ(:PATH)%',
                  status: '%RESPONSE_CODE%',
                  response_flags: '%RESPONSE_FLAGS%',
                  response_code_details: '%RESPONSE_CODE_DETAILS%',
                  cluster: '%UPSTREAM_CLUSTER%',
                  id: '%REQ(X-MESHGATE-REQUEST)%',
                },
              },
            }),
          ],
          httpFilters: [
            filter('fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault', {
              abort: { headerAbort: {}, percentage: { numerator: 100 } },
            }),
            filter('router', 'envoy.extensions.filters.http.router.v3.Router'),
          ],
        }),
      ],
    },
  ],
});

/** A real Envoy with a configuration of its own, in front of stand-ins; everything that a check can look at is in it. */
export async function startStaticCell(signal = new AbortController().signal): Promise<RunningCell & AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const scratchDir = await mkdtemp(join(tmpdir(), 'mesh-cell-'));
  started.defer(() => rm(scratchDir, { recursive: true, force: true }));
  const pki = await sharedPki();
  const upstreams = started.use(await startUpstreams({ pki }));
  const names = Object.keys(HOSTS) as ClusterName[];
  await upstreams.ensure(
    names.flatMap((cluster) =>
      HOSTS[cluster].map((address) => ({
        key: { cluster, address, port: PORT },
        certificateNames: { dns: [], uri: [], ip: [] },
        healthCheckPaths: ['/healthz'],
        tcpHealthChecks: [],
      })),
    ),
  );
  const logFile = join(scratchDir, 'access.log');
  const listener = listenerBody(logFile);
  const clusters = names.map((cluster) =>
    clusterBody(
      cluster,
      endpointsOf(cluster, (address) => ({
        address: '127.0.0.1',
        port: upstreams.portOf({ cluster, address, port: PORT }),
      })),
    ),
  );
  const bootstrap = JSON.stringify({
    node: { id: 'n', cluster: 'c' },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: 0 } } },
    staticResources: { listeners: [listener], clusters },
  });
  const launcher = processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) });
  const envoy = started.use(
    await launcher.launch({ release: { version: VERSION }, bootstrap, scratchDir, readyTimeoutMs: 20_000, signal }),
  );
  const addresses = await readListeners(envoy.adminUrl);
  const stage: Stage = {
    name: 'canary' as StageName,
    envoys: [{ version: VERSION }],
    node: {},
    guards: { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 50 },
    gates: NO_GATES,
    observe: DEFAULT_OBSERVE,
    target: undefined,
    at,
  };
  const snapshot = makeSnapshot(stage.name, [
    { kind: 'listener', name: 'edge', body: listener, at },
    ...names.map(
      (name) =>
        ({
          kind: 'cluster',
          name,
          body: clusterBody(
            name,
            endpointsOf(name, (address) => ({ address, port: PORT })),
          ),
          at,
        }) as const,
    ),
  ]);
  const owned = started.move();
  return {
    cell: { stage, envoy: { version: VERSION } },
    snapshot,
    adminUrl: envoy.adminUrl,
    upstreams,
    pki,
    listenerAddress: (name) => addresses.get(name),
    accessLogLines: async () =>
      (await readFile(logFile, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    scratchDir,
    signal,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
