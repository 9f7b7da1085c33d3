import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { PINNED_ENVOY_VERSIONS } from '../conformance/launcher/pinned-versions.ts';
import type { PrepareRequest } from '../conformance/prepare-stages.ts';
import { RevisionError } from '../render/revision/revision-error.ts';
import type { CommandContext } from './command-context.ts';
import type { ConfigOptions } from './config-options.ts';
import { jsonnetOf } from './jsonnet.ts';
import { PROJECT_ROOT } from './project-root.ts';
import { UsageError } from './usage-error.ts';

/** The directory that `--config` means. Throws `UsageError` when it is none. */
export function configDirOf(config: string | undefined, { cwd }: Pick<CommandContext, 'cwd'>): string {
  const dir =
    config === undefined
      ? existsSync(resolve(cwd, 'config'))
        ? resolve(cwd, 'config')
        : resolve(PROJECT_ROOT, 'config')
      : resolve(cwd, config);
  if (!existsSync(dir)) throw new UsageError(`--config ${config ?? dir}: no such directory`);
  if (!statSync(dir).isDirectory())
    throw new UsageError(
      `--config ${config ?? dir}: not a directory; name the directory that holds mesh.yaml and the resource folders`,
    );
  return dir;
}

/** A mesh config as a directory, wherever it comes from; disposing removes what had to be written for it. */
export interface ConfigSource extends AsyncDisposable {
  readonly dir: string;
}

/** `DIR|REV`: a directory if there is one of that name, else a git revision of the mesh config in `configDir`. */
export async function configSource(
  name: string,
  configDir: string,
  { cwd, signal }: CommandContext,
): Promise<ConfigSource> {
  const dir = resolve(cwd, name);
  if (existsSync(dir) && statSync(dir).isDirectory()) return { dir, [Symbol.asyncDispose]: async () => {} };
  const { readRevision } = await import('../render/revision/read-revision.ts');
  try {
    return await readRevision(configDir, name, { signal });
  } catch (error) {
    if (!(error instanceof RevisionError)) throw error;
    throw new UsageError(`${name}: no directory of that name, and no revision: ${error.message}`, { cause: error });
  }
}

/** Runs `act` on the request that the options describe; what `--live` needed on disk is gone afterwards. */
export async function withPrepareRequest<T>(
  options: ConfigOptions,
  context: CommandContext,
  act: (request: PrepareRequest) => Promise<T>,
): Promise<T> {
  const dir = configDirOf(options.config, context);
  await using live = options.live === undefined ? undefined : await configSource(options.live, dir, context);
  return await act({
    dir,
    liveDir: live?.dir,
    selection: { stages: options.stage ?? [], envoys: options.envoy ?? [] },
    defaultEnvoyVersions: PINNED_ENVOY_VERSIONS,
    jsonnet: jsonnetOf(context),
    signal: context.signal,
  });
}
