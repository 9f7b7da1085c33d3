import { Option } from 'commander';
import type { RenderOptions } from '../actions/render.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

/** `mesh render --stage S`: the snapshot of one stage, as it would be served. */
export const renderCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('render'))
    .description('prints the snapshot of a stage: every xDS resource, sorted and canonical')
    .requiredOption('--stage <name>', 'the stage')
    .option('--format <format>', 'yaml or json', 'yaml')
    .option('--json', 'the same as --format json')
    .addOption(
      new Option('--service <name[:tag,…]>', 'generators as they would serve this service; may be given several times')
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], 'their examples'),
    )
    .action(async (options: RenderOptions) => {
      const { render } = await import('../actions/render.ts');
      done(await render(options, context));
    });
};
