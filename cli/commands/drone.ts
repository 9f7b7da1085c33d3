import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/envoy-binary.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { configDirOf, withConfigOption } from '../config-options.ts';
import { DEFAULT_DRONE_SETTINGS } from '../drone/drone-settings.ts';
import { droneYaml } from '../drone/drone-yaml.ts';
import { jsonnetOf } from '../jsonnet.ts';
import type { AddCommand } from '../program.ts';

type DroneOptions = {
  readonly config?: string;
  readonly output: string;
  readonly check?: boolean;
  readonly cacheHostPath?: string;
  readonly json?: boolean;
};

/** `mesh drone`: the Drone pipelines that prove every stage × Envoy version of a pull request, from `mesh.yaml`. */
export const droneCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('drone'))
    .description(
      'writes .drone.yml from mesh.yaml: one pipeline for each stage and Envoy version, and one that gathers',
    )
    .option('--output <file>', 'where to', '.drone.yml')
    .option(
      '--cache-host-path <dir>',
      "a directory of the runner's host that pipelines share (trusted repositories only)",
    )
    .option('--check', 'writes nothing; exit code 1 if the file is not current')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: DroneOptions) => {
      const dir = configDirOf(options.config, context);
      const jsonnet = jsonnetOf(context);
      const { config, findings } = await loadMeshConfig(dir, {
        defaultEnvoyVersions: PINNED_ENVOY_VERSIONS,
        jsonnet,
        signal: context.signal,
      });
      for (const finding of findings) context.stderr.write(`${renderFinding(finding)}\n`);
      if (!config || hasErrors(findings)) return done(1);
      const file = resolve(context.cwd, options.output);
      const text = droneYaml(config, {
        ...DEFAULT_DRONE_SETTINGS,
        configDir: relative(context.cwd, dir) || '.',
        ...(options.cacheHostPath === undefined ? {} : { cacheHostPath: options.cacheHostPath }),
      });
      const current = existsSync(file) && (await readFile(file, 'utf8')) === text;
      if (!current && !options.check) await writeFile(file, text);
      const state = current ? 'current' : options.check ? 'not current; run ./mesh drone' : 'written';
      if (options.json) context.stdout.write(`${JSON.stringify({ file, state })}\n`);
      else context.stdout.write(`${options.output}: ${state}\n`);
      done(current || !options.check ? 0 : 1);
    });
};
