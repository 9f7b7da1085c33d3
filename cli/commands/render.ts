import type { AddCommand } from '../command-context.ts';
import { type ConfigOptions, withConfigOption } from '../config-options.ts';

export type RenderOptions = Omit<ConfigOptions, 'stage'> & {
  readonly stage: string;
  readonly format: string;
  /** `NAME`, or `NAME:TAG,TAG`. */
  readonly service: readonly string[];
};

/** `mesh render --stage S`: the snapshot of one stage, as it would be served. */
export const renderCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('render'))
    .description('prints the snapshot of a stage: every xDS resource, sorted and canonical')
    .requiredOption('--stage <name>', 'the stage')
    .option('--format <format>', 'yaml or json', 'yaml')
    .option('--json', 'the same as --format json')
    .option(
      '--service <name[:tag,…]>',
      'generators as they would serve this service, in place of their examples; may be given several times',
      (value: string, before: readonly string[]) => [...before, value],
      [] as readonly string[],
    )
    .action(async (options: RenderOptions) => {
      const { render } = await import('../actions/render.ts');
      done(await render(options, context));
    });
};
