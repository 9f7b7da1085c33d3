import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ListenerAddress } from '../../../conformance/cell/running-cell.ts';
import { envoyBinaries } from '../../../conformance/launcher/envoy-binary.ts';
import { processLauncher } from '../../../conformance/launcher/process-launcher.ts';
import { sharedPki } from '../../../conformance/pki/pki.ts';
import type { StandInSpec } from '../../../conformance/upstream/stand-in.ts';
import { startUpstreams } from '../../../conformance/upstream/start-upstreams.ts';
import type { UpstreamPool } from '../../../conformance/upstream/upstream-pool.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';

const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  },
};
const typed = (name: string, type: string, config: object) => ({
  name,
  typed_config: { '@type': `type.googleapis.com/${type}`, ...config },
});
const EVERY = {
  timeout: '1s',
  interval: '0.1s',
  no_traffic_interval: '0.1s',
  unhealthy_threshold: 1,
  healthy_threshold: 1,
};
const hex = (text: string) => Buffer.from(text).toString('hex');

const HEALTH_CHECKS: Record<string, object> = {
  plain: { ...EVERY, http_health_check: { path: '/healthz' } },
  rpc: { ...EVERY, grpc_health_check: {} },
  tcp: { ...EVERY, tcp_health_check: { send: { text: hex('PING') }, receive: [{ text: hex('PONG') }] } },
  connected: { ...EVERY, tcp_health_check: {} },
};
const CLUSTERS = ['plain', 'rpc', 'secure', 'secure2', 'tcp', 'connected', 'authz', 'limits', 'processor'];
const OVER_HTTP2 = new Set(['rpc', 'secure2', 'authz', 'limits', 'processor']);

/** A real Envoy between a client and stand-ins; the name of a listener says what is on the way. */
export async function startBehindEnvoy(version: string) {
  const pki = await sharedPki();
  const pool = await startUpstreams({ pki });
  const specs = CLUSTERS.map(
    (cluster): StandInSpec => ({
      key: { cluster, address: `${cluster}.internal`, port: 443 },
      certificateNames: { dns: [], uri: [`spiffe://mesh/${cluster}`], ip: [] },
      healthCheckPaths: cluster === 'plain' ? ['/healthz'] : [],
      tcpHealthChecks:
        cluster === 'tcp'
          ? [{ send: hex('PING'), receive: [hex('PONG')] }]
          : cluster === 'connected'
            ? [{ send: '', receive: [] }]
            : [],
    }),
  );
  await pool.ensure(specs);
  const scratchDir = await mkdtemp(join(tmpdir(), 'behind-envoy-'));
  const files = {
    ca: join(scratchDir, 'ca.pem'),
    certificate: join(scratchDir, 'cert.pem'),
    key: join(scratchDir, 'key.pem'),
  };
  await writeFile(files.ca, pki.caCertificate);
  await writeFile(files.certificate, pki.certificate);
  await writeFile(files.key, pki.privateKey);
  const launcher = processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) });
  const envoy = await launcher.launch({
    release: { version: version as EnvoyVersion },
    bootstrap: JSON.stringify(bootstrap(pool, specs, files)),
    scratchDir,
    readyTimeoutMs: 60_000,
  });
  const listening = (await (await fetch(new URL('/listeners?format=json', envoy.adminUrl))).json()) as {
    listener_statuses: ListenerStatus[];
  };
  const addresses = new Map<string, ListenerAddress>(
    listening.listener_statuses.map(({ name, local_address: { socket_address: at } }: ListenerStatus) => [
      name,
      { host: at.address, port: at.port_value },
    ]),
  );
  return {
    pool,
    pki,
    addressOf(listener: string): ListenerAddress {
      const address = addresses.get(listener);
      if (!address) throw new Error(`no listener ${listener}`);
      return address;
    },
    /** `healthy` or the health flags of a cluster's only host. */
    async healthOf(cluster: string): Promise<string | undefined> {
      const text = await (await fetch(new URL('/clusters', envoy.adminUrl))).text();
      return new RegExp(`^${cluster}::[^:]+:\\d+::health_flags::(.*)$`, 'm').exec(text)?.[1];
    },
    async [Symbol.asyncDispose]() {
      await envoy[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
      await rm(scratchDir, { recursive: true });
    },
  };
}
type ListenerStatus = { name: string; local_address: { socket_address: { address: string; port_value: number } } };
export type BehindEnvoy = Awaited<ReturnType<typeof startBehindEnvoy>>;

type Files = { readonly ca: string; readonly certificate: string; readonly key: string };

function bootstrap(pool: UpstreamPool, specs: readonly StandInSpec[], files: Files): object {
  const service = (name: string) => ({ envoy_grpc: { cluster_name: name }, timeout: '2s' });
  const authz = typed('authz', 'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', {
    transport_api_version: 'V3',
    grpc_service: service('authz'),
  });
  const limits = typed('limits', 'envoy.extensions.filters.http.ratelimit.v3.RateLimit', {
    domain: 'd',
    failure_mode_deny: true,
    rate_limit_service: { transport_api_version: 'V3', grpc_service: service('limits') },
  });
  const processor = (mode: object) =>
    typed('processor', 'envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor', {
      grpc_service: service('processor'),
      processing_mode: mode,
    });
  const buffered = { request_body_mode: 'BUFFERED', response_body_mode: 'STREAMED' };
  const duplex = {
    request_body_mode: 'FULL_DUPLEX_STREAMED',
    request_trailer_mode: 'SEND',
    response_body_mode: 'FULL_DUPLEX_STREAMED',
    response_trailer_mode: 'SEND',
  };
  const transport = typed('tls', 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: {
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificates: [{ certificate_chain: { filename: files.certificate }, private_key: { filename: files.key } }],
      validation_context: { trusted_ca: { filename: files.ca } },
    },
  });
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    static_resources: {
      clusters: specs.map(({ key }) => cluster(key.cluster, pool.portOf(key), files)),
      listeners: [
        http('bare', []),
        http('authorised', [authz]),
        http('limited', [limits]),
        http('processed', [processor(buffered)]),
        http('duplex', [processor(duplex)]),
        http('tls', [], { transport_socket: transport }),
        http('mutual', [], {
          transport_socket: {
            ...transport,
            typed_config: { ...transport.typed_config, require_client_certificate: true },
          },
        }),
        listener('tcp', [
          typed('tcp', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
            stat_prefix: 'tcp',
            cluster: 'tcp',
          }),
        ]),
      ],
    },
  };
}

const listener = (name: string, filters: object[], chain: object = {}) => ({
  name,
  address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
  filter_chains: [{ filters, ...chain }],
});

function http(name: string, filters: object[], chain: object = {}): object {
  const routes = ['plain', 'rpc', 'secure2', 'secure', 'connected'].map((cluster) => ({
    match: { prefix: `/${cluster}` },
    route: { cluster, rate_limits: [{ actions: [{ remote_address: {} }] }] },
  }));
  const grpc = { match: { prefix: '/', grpc: {} }, route: { cluster: 'rpc' } };
  return listener(
    name,
    [
      typed('http', 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
        stat_prefix: name,
        upgrade_configs: [{ upgrade_type: 'websocket' }],
        http2_protocol_options: { allow_connect: true },
        route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [grpc, ...routes] }] },
        http_filters: [...filters, typed('router', 'envoy.extensions.filters.http.router.v3.Router', {})],
      }),
    ],
    chain,
  );
}

function cluster(name: string, port: number, files: Files): object {
  const secure = typed('tls', 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
    sni: 'asked.internal',
    common_tls_context: {
      tls_certificates: [{ certificate_chain: { filename: files.certificate }, private_key: { filename: files.key } }],
      validation_context: {
        trusted_ca: { filename: files.ca },
        match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: `spiffe://mesh/${name}` } }],
      },
    },
  });
  return {
    name,
    connect_timeout: '2s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] },
      ],
    },
    ...(OVER_HTTP2.has(name) ? { typed_extension_protocol_options: HTTP2 } : {}),
    ...(name.startsWith('secure') ? { transport_socket: secure } : {}),
    ...(HEALTH_CHECKS[name] ? { health_checks: [HEALTH_CHECKS[name]] } : {}),
  };
}
