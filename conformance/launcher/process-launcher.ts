import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { EnvoyVersion } from '../../render/ids.ts';
import { readAdminAddress } from './admin-address.ts';
import { adminAddressFile, bootstrapFile, serveArguments, validateArguments } from './envoy-arguments.ts';
import type { EnvoyLauncher, LauncherHooks, LaunchOptions } from './envoy-launcher.ts';
import { type EnvoyProcess, startEnvoyProcess } from './envoy-process.ts';
import { upAt, verdictOf } from './envoy-run.ts';
import { asLauncherError } from './launcher-fault.ts';
import { parentDeathPrefix } from './parent-death.ts';

type ProcessLauncherOptions = {
  /** The path of the binary of a version. Rejects with `LauncherError`. */
  readonly binaryOf: (version: EnvoyVersion, signal?: AbortSignal) => Promise<string>;
  readonly hooks?: LauncherHooks;
};

/**
 * Runs Envoy as a process of this machine. On Linux the kernel kills it when this process is gone, however that ended (see
 * `parentDeathPrefix`; it is the end of the calling thread that counts). Elsewhere `hooks` tell what is to be killed.
 */
export function processLauncher({ binaryOf, hooks = {} }: ProcessLauncherOptions): EnvoyLauncher {
  async function start(args: readonly string[], options: StartOptions): Promise<EnvoyProcess> {
    const { release, scratchDir, bootstrap, signal } = options;
    const binary = await binaryOf(release.version, signal);
    try {
      await mkdir(scratchDir, { recursive: true });
      await rm(adminAddressFile(scratchDir), { force: true });
      await writeFile(bootstrapFile(scratchDir), bootstrap);
      const prefix = await parentDeathPrefix();
      signal?.throwIfAborted();
      return await startEnvoyProcess([...prefix, binary, ...args], scratchDir, hooks);
    } catch (fault) {
      signal?.throwIfAborted();
      throw asLauncherError(fault, `start Envoy ${release.version}`);
    }
  }

  return {
    kind: 'process',
    hostAddress: '127.0.0.1',
    listenAddress: '127.0.0.1',

    async launch(options) {
      const envoy = await start(serveArguments(options), options);
      const adminUrl = await upAt(envoy, options, () => readAdminAddress(options.scratchDir));
      return {
        kind: 'process',
        adminUrl,
        pid: envoy.pid,
        hostPid: envoy.pid,
        containerId: undefined,
        log: envoy.log,
        ended: envoy.ended,
        [Symbol.asyncDispose]: envoy.end,
      };
    },

    validate: async (options) => verdictOf(await start(validateArguments(options), options), options),
  };
}

type StartOptions = Pick<LaunchOptions, 'release' | 'scratchDir' | 'bootstrap' | 'signal'>;
