import { type ConfigOptions, withConfigOption } from '../config-options.ts';
import type { AddCommand } from '../program.ts';

export type RenderOptions = Omit<ConfigOptions, 'stage'> & { readonly stage: string; readonly format: string };

/** `mesh render --stage S`: the snapshot of one stage, as it would be served. */
export const renderCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('render'))
    .description('prints the snapshot of a stage: every xDS resource, sorted and canonical')
    .requiredOption('--stage <name>', 'the stage')
    .option('--format <format>', 'yaml or json', 'yaml')
    .option('--json', 'the same as --format json')
    .action(async (options: RenderOptions) => {
      const { render } = await import('../actions/render.ts');
      done(await render(options, context));
    });
};
