import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import type { CommandContext } from '../command-context.ts';
import { DEFAULT_DRONE_SETTINGS } from '../drone/drone-settings.ts';
import { droneYaml } from '../drone/drone-yaml.ts';
import { jsonnetOf } from '../jsonnet.ts';
import { configDirOf } from '../prepare-request.ts';
import { UsageError } from '../usage-error.ts';

export type DroneOptions = {
  readonly config?: string;
  readonly output: string;
  readonly check?: boolean;
  readonly cacheHostPath?: string;
  readonly json?: boolean;
};

/** Resolves with the exit code. Rejects with `UsageError`. */
export async function drone(options: DroneOptions, context: CommandContext): Promise<number> {
  const { cwd, stdout, stderr, signal } = context;
  const dir = configDirOf(options.config, context);
  const { config, findings } = await loadMeshConfig(dir, {
    defaultEnvoyVersions: PINNED_ENVOY_VERSIONS,
    jsonnet: jsonnetOf(context),
    signal,
  });
  for (const finding of findings) stderr.write(`${renderFinding(finding)}\n`);
  const file = resolve(cwd, options.output);
  if (!config || hasErrors(findings)) {
    if (options.json) stdout.write(`${JSON.stringify({ file, state: 'refused', exitCode: 1, findings })}\n`);
    return 1;
  }
  const text = droneYaml(config, {
    ...DEFAULT_DRONE_SETTINGS,
    configDir: relative(cwd, dir) || '.',
    ...(options.cacheHostPath === undefined ? {} : { cacheHostPath: options.cacheHostPath }),
  });
  const isCurrent = existsSync(file) && (await readFile(file, 'utf8')) === text;
  if (!isCurrent && !options.check) await write(file, text, options.output);
  const state = isCurrent ? 'current' : options.check ? 'not current' : 'written';
  const exitCode = isCurrent || !options.check ? 0 : 1;
  if (options.json) stdout.write(`${JSON.stringify({ file, state, exitCode })}\n`);
  else stdout.write(`${options.output}: ${state}${exitCode === 0 ? '' : '; run ./mesh drone'}\n`);
  return exitCode;
}

async function write(file: string, text: string, name: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(`--output ${name}: cannot be written (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}
