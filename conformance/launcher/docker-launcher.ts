import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { isJsonObject, type JsonObject } from '../../render/json.ts';
import { readAdminAddress } from './admin-address.ts';
import { type DockerNetwork, dockerEngine, ensureImage, imageOf } from './docker-engine.ts';
import { adminAddressFile, bootstrapFile, serveArguments, validateArguments } from './envoy-arguments.ts';
import { type EnvoyContainer, startEnvoyContainer } from './envoy-container.ts';
import type { EnvoyLauncher, LauncherHooks, LaunchOptions } from './envoy-launcher.ts';
import { upAt, verdictOf } from './envoy-run.ts';
import { asLauncherError } from './launcher-fault.ts';

type DockerLauncherOptions = {
  /** Default: `host` on Linux, else `published`. */
  readonly network?: DockerNetwork;
  /** The value of the label `meshgate.run` of its containers; default a new one. */
  readonly runId?: string;
  readonly hooks?: LauncherHooks;
};

/** In a container of its own network the admin has a port that is known beforehand, so that it can be published. */
const ADMIN_PORT = 9901;

/** Runs Envoy in a container by testcontainers: `envoyproxy/envoy:v<version>`, or the image that the release names. */
export function dockerLauncher(options: DockerLauncherOptions = {}): EnvoyLauncher {
  const network = options.network ?? (process.platform === 'linux' ? 'host' : 'published');
  const { runId = randomUUID(), hooks = {} } = options;

  async function start(args: readonly string[], options: StartOptions, serving: boolean): Promise<EnvoyContainer> {
    const { release, scratchDir, signal } = options;
    try {
      const engine = await dockerEngine();
      await ensureImage(engine, release);
      await mkdir(scratchDir, { recursive: true });
      await rm(adminAddressFile(scratchDir), { force: true });
      const published = serving && network === 'published';
      await writeFile(bootstrapFile(scratchDir), published ? withPublishedAdmin(options.bootstrap) : options.bootstrap);
      signal?.throwIfAborted();
      const listening = (options.listenPorts ?? []).map((port) => [port, port] as const);
      const ports = new Map<number, number>(published ? [[ADMIN_PORT, 0], ...listening] : []);
      return await startEnvoyContainer({
        engine,
        network,
        image: imageOf(release),
        args,
        scratchDir,
        runId,
        ports,
        hooks,
      });
    } catch (fault) {
      signal?.throwIfAborted();
      throw asLauncherError(fault, `start a container of ${imageOf(release)}`);
    }
  }

  return {
    kind: 'docker',
    hostAddress: network === 'host' ? '127.0.0.1' : 'host.docker.internal',
    listenAddress: network === 'host' ? '127.0.0.1' : '0.0.0.0',

    async launch(options) {
      const envoy = await start(serveArguments(options), options, true);
      const adminUrl = await upAt(envoy, options, () =>
        network === 'host' ? readAdminAddress(options.scratchDir) : publishedAdmin(envoy),
      );
      return {
        kind: 'docker',
        adminUrl,
        pid: undefined,
        hostPid: network === 'host' ? await envoy.hostPid() : undefined,
        containerId: envoy.id,
        log: envoy.log,
        ended: envoy.ended,
        [Symbol.asyncDispose]: envoy.end,
      };
    },

    validate: async (options) => verdictOf(await start(validateArguments(options), options, false), options),
  };
}

type StartOptions = Pick<LaunchOptions, 'release' | 'scratchDir' | 'bootstrap' | 'listenPorts' | 'signal'>;

async function publishedAdmin(envoy: EnvoyContainer): Promise<URL | undefined> {
  const port = await envoy.publishedPort(ADMIN_PORT).catch(() => undefined);
  return port === undefined ? undefined : new URL(`http://127.0.0.1:${port}/`);
}

/** A bootstrap that is no JSON object is left to Envoy to refuse. */
function withPublishedAdmin(bootstrap: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bootstrap);
  } catch {
    return bootstrap;
  }
  if (!isJsonObject(parsed)) return bootstrap;
  const admin: JsonObject = isJsonObject(parsed.admin) ? parsed.admin : {};
  return JSON.stringify({
    ...parsed,
    admin: { ...admin, address: { socketAddress: { address: '0.0.0.0', portValue: ADMIN_PORT } } },
  });
}
