import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { guardSnapshot } from '../conformance/guards/guard-snapshot.ts';
import { openDiscoveryMemory } from '../controlplane/discovery/discovery-memory.ts';
import type { HttpEndpoint } from '../controlplane/discovery/http/http-api.ts';
import { tokenFile } from '../controlplane/discovery/http/token-file.ts';
import { type SourcePorts, sourceOpener } from '../controlplane/discovery/open-source.ts';
import { type Registry, startRegistry } from '../controlplane/discovery/registry/start-registry.ts';
import { consulApi } from '../controlplane/discovery/sources/consul-source.ts';
import { kubernetesApi } from '../controlplane/discovery/sources/kubernetes-source.ts';
import { openServiceList } from '../controlplane/generators/open-service-list.ts';
import { openServiceMemory } from '../controlplane/generators/service-memory.ts';
import type { RampClock } from '../controlplane/ramp/ramp-clock.ts';
import { RampFolder } from '../controlplane/ramp/ramp-folder.ts';
import { sweepRampFiles } from '../controlplane/ramp/sweep-ramp-files.ts';
import type { StageHosts } from '../controlplane/serve/serve-with-hosts.ts';
import type { Stage } from '../render/config/mesh-config.ts';
import type { CommandContext } from './command-context.ts';
import { hostInUrl, type ListenAddress, listenAddress } from './listen-address.ts';
import { dataDirOf } from './pipeline-places.ts';
import { UsageError } from './usage-error.ts';

type Env = CommandContext['env'];

/** Where Kubernetes puts what a pod may ask its API with. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** How soon one control plane follows what another one of the machine did. */
const LOOK_EVERY_MS = 2_000;

export type HostOptions = {
  readonly data?: string;
  /** The folder of host files. */
  readonly hosts?: string;
  /** Where the registration API listens; undefined: there is none. */
  readonly registry: ListenAddress | undefined;
  readonly probeHosts?: boolean;
  /** Name servers in place of the machine's. */
  readonly dns: readonly string[];
};

/**
 * How the control plane of `stage` finds hosts: a Consul and a Kubernetes by the variables that their own tools read, host files, and a
 * registration API of its own, which runs until this is disposed. Rejects with `UsageError` where one of them cannot be used.
 */
export async function openStageHosts(
  stage: Stage,
  options: HostOptions,
  context: CommandContext,
): Promise<AsyncDisposable & { readonly hosts: StageHosts; readonly registry: Registry | undefined }> {
  const dataDir = dataDirOf(options.data, context);
  const { env } = context;
  await using stack = new AsyncDisposableStack();
  const registry = options.registry && stack.use(await registryAt(options.registry, stage, dataDir, context));
  const [consul, kubernetes] = await Promise.all([consulOf(env), kubernetesOf(env)]);
  const ports: SourcePorts = {
    files: { root: options.hosts === undefined ? join(dataDir, 'hosts') : resolve(context.cwd, options.hosts) },
    ...(consul ? { consul: { api: consulApi(consul) } } : {}),
    ...(kubernetes ? { kubernetes: { api: kubernetesApi(kubernetes) } } : {}),
    ...(registry ? { registry: registry.table } : {}),
    ...(options.dns.length > 0 ? { dns: { servers: options.dns.map(nameServer) } } : {}),
  };
  const answers = stack.use(
    await openDiscoveryMemory({
      path: join(dataDir, 'discovery', `${stage.name}.json`),
      nowEpochMs: () => Date.now(),
      onProblem: (problem) => context.stderr.write(`discovery: ${problem ?? 'what sources say is kept again'}\n`),
    }),
  );
  const memory = stack.use(
    await openServiceMemory({
      path: join(dataDir, 'generators', `${stage.name}.json`),
      nowEpochMs: () => Date.now(),
      onProblem: (problem) => context.stderr.write(`generators: ${problem}\n`),
    }),
  );
  const envoys = stage.envoys.map(({ version }) => version);
  const rampDir = join(dataDir, 'ramp', stage.name);
  const ramps = stack.use(new RampFolder({ dir: rampDir, clock: CLOCK, everyMs: LOOK_EVERY_MS }));
  const owned = stack.move();
  return {
    registry,
    hosts: {
      openSource: sourceOpener(ports),
      answers,
      clock: CLOCK,
      memoryOf: (cluster) => ramps.memoryOf(cluster),
      sweepMemory: (used, goneBeforeEpochMs) =>
        sweepRampFiles(rampDir, used, { nowEpochMs: Date.now(), goneBeforeEpochMs }),
      defaultPanicThresholdPercent: stage.guards.defaultPanicThresholdPercent,
      probes: options.probeHosts ?? false,
      generators: {
        openServices: (source) => openServiceList(source, ports),
        memory,
        judge: (snapshot) => guardSnapshot(snapshot, { envoys, settings: stage.guards }),
        envoys,
      },
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const CLOCK: RampClock = {
  nowEpochMs: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};

function nameServer(text: string): string {
  if (isIP(text) !== 0) return text;
  const { host, port } = listenAddress('--dns', text, '10.0.0.53:53');
  if (isIP(host) === 0) throw new UsageError(`--dns ${text}: want an IP address, with or without a port`);
  return `${hostInUrl(host)}:${port}`;
}

async function registryAt(
  { host, port }: ListenAddress,
  stage: Stage,
  dataDir: string,
  { env, stderr }: CommandContext,
): Promise<Registry> {
  const token = env.MESHGATE_REGISTRY_TOKEN || undefined;
  try {
    return await startRegistry({
      nowEpochMs: () => Date.now(),
      host,
      port,
      ...(token ? { token } : {}),
      path: join(dataDir, 'registry', `${stage.name}.json`),
      onProblem: (problem) => stderr.write(`registry: ${problem ?? 'what is registered is kept again'}\n`),
    });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--registry ${host}:${port}: ${words} (MESHGATE_REGISTRY_TOKEN)`);
  }
}

/** https://developer.hashicorp.com/consul/commands#environment-variables */
async function consulOf(env: Env): Promise<HttpEndpoint | undefined> {
  const { CONSUL_HTTP_ADDR: address, CONSUL_HTTP_SSL: ssl, CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY } = env;
  if (!address) return undefined;
  const url = /^https?:\/\//.test(address)
    ? address
    : `${ssl === 'true' || ssl === '1' ? 'https' : 'http'}://${address}`;
  if (!URL.canParse(url)) throw new UsageError('CONSUL_HTTP_ADDR: want HOST:PORT or an http(s) URL');
  const { CONSUL_HTTP_TOKEN: token, CONSUL_HTTP_TOKEN_FILE: file } = env;
  const [ca, cert, key] = await Promise.all([
    fileOf('CONSUL_CACERT', CONSUL_CACERT),
    fileOf('CONSUL_CLIENT_CERT', CONSUL_CLIENT_CERT),
    fileOf('CONSUL_CLIENT_KEY', CONSUL_CLIENT_KEY),
  ]);
  return {
    url,
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(file ? { token: tokenFile(file) } : token ? { token: async () => token } : {}),
  };
}

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
async function kubernetesOf(env: Env): Promise<HttpEndpoint | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (!host) return undefined;
  const directory = env.MESHGATE_KUBERNETES_CREDENTIALS || SERVICE_ACCOUNT;
  const ca = await fileOf('the service account', join(directory, 'ca.crt'));
  return {
    url: `https://${hostInUrl(host)}:${port}`,
    ...(ca ? { ca } : {}),
    token: tokenFile(join(directory, 'token')),
  };
}

async function fileOf(what: string, path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${what}: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
