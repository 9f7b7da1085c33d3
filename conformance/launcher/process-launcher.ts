import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { EnvoyVersion } from '../../render/ids.ts';
import { readAdminAddress } from './admin-address.ts';
import { awaitReady } from './await-ready.ts';
import { adminAddressFile, bootstrapFile, serveArguments, validateArguments } from './envoy-arguments.ts';
import type { EnvoyLauncher, LauncherHooks, LaunchOptions } from './envoy-launcher.ts';
import { type EnvoyProcess, startEnvoyProcess } from './envoy-process.ts';
import { asLauncherError, earlyEndFault, notReadyFault, validateOutcome } from './launcher-fault.ts';
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
      const { release, scratchDir, readyTimeoutMs, signal } = options;
      const name = `Envoy ${release.version}`;
      const envoy = await start(serveArguments(options), options);
      const endNow = (): void => void envoy.end();
      signal?.addEventListener('abort', endNow, { once: true });
      if (signal?.aborted) endNow();
      void envoy.ended.then(() => signal?.removeEventListener('abort', endNow));
      const stopWaiting = new AbortController();
      const outcome = await Promise.race([
        envoy.ended.then((end) => ({ kind: 'ended', end }) as const),
        awaitReady({
          findAdmin: () => readAdminAddress(scratchDir),
          awaitReady: options.awaitReady ?? true,
          timeoutMs: readyTimeoutMs,
          signal: stopWaiting.signal,
        }),
      ]);
      stopWaiting.abort();
      if (outcome.kind === 'ready' && !signal?.aborted) {
        return {
          kind: 'process',
          adminUrl: outcome.adminUrl,
          pid: envoy.pid,
          hostPid: envoy.pid,
          containerId: undefined,
          log: envoy.log,
          ended: envoy.ended,
          [Symbol.asyncDispose]: envoy.end,
        };
      }
      await envoy.end();
      signal?.throwIfAborted();
      const log = envoy.log();
      throw outcome.kind === 'ended'
        ? earlyEndFault({ name, end: outcome.end, log, memoryRanOut: envoy.memoryRanOut() })
        : notReadyFault(name, outcome, readyTimeoutMs, log);
    },

    async validate(options) {
      const { release, timeoutMs, signal } = options;
      const envoy = await start(validateArguments(options), options);
      const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      const endNow = (): void => void envoy.end();
      limit.addEventListener('abort', endNow, { once: true });
      if (limit.aborted) endNow();
      const end = await envoy.ended;
      limit.removeEventListener('abort', endNow);
      signal?.throwIfAborted();
      return validateOutcome({
        name: `Envoy ${release.version}`,
        end,
        log: envoy.log(),
        memoryRanOut: envoy.memoryRanOut(),
        timedOutAfterMs: limit.aborted ? timeoutMs : undefined,
      });
    },
  };
}

type StartOptions = Pick<LaunchOptions, 'release' | 'scratchDir' | 'bootstrap' | 'signal'>;
