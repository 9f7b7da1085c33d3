import type { DroneOptions } from '../actions/drone.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

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
      const { drone } = await import('../actions/drone.ts');
      done(await drone(options, context));
    });
};
