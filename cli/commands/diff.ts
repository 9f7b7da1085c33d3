import { type ConfigOptions, withConfigOption } from '../config-options.ts';
import type { AddCommand } from '../program.ts';

export type DiffOptions = Omit<ConfigOptions, 'stage'> & { readonly stage: string; readonly from: string };

/** `mesh diff --stage S --from REV|DIR`: what changes for the Envoys of a stage, and what it reaches. */
export const diffCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('diff'))
    .description('the semantic diff of a stage: resources, fields, hosts and what the change reaches')
    .requiredOption('--stage <name>', 'the stage')
    .requiredOption('--from <rev|dir>', 'the other side: a git revision of the mesh config, or a directory')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: DiffOptions) => {
      const { diff } = await import('../actions/diff.ts');
      done(await diff(options, context));
    });
};
