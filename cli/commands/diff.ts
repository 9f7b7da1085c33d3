import type { DiffOptions } from '../actions/diff.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';
import { UsageError } from '../usage-error.ts';

type Given = Partial<DiffOptions> & { readonly data?: string };

/**
 * `mesh diff --stage S --from REV|DIR`: what changes for the Envoys of a stage, and what it reaches. With words instead of options it is
 * `mesh plan`, as in Slack.
 */
export const diffCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('diff'))
    .description('the semantic diff of a stage: resources, fields, hosts and what the change reaches')
    .option('--stage <name>', 'the stage')
    .option('--from <rev|dir>', 'the other side: a git revision of the mesh config, or a directory')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .option(
      '--data <dir>',
      'with STAGE: where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)',
    )
    .argument('[words...]', 'STAGE [REV] instead of --stage and --from: the same as `mesh plan`')
    .action(async (words: readonly string[], options: Given) => {
      const { stage, from } = options;
      if (words.length > 0) {
        if (stage !== undefined || from !== undefined)
          throw new UsageError(
            'STAGE [REV] compares with what is live, --stage and --from with files: leave one of them out',
          );
        const { say } = await import('../actions/say.ts');
        return done(await say('plan', words, options, context));
      }
      if (stage === undefined || from === undefined)
        throw new UsageError('want --stage NAME --from REV|DIR, or STAGE [REV] for what a promotion would change');
      const { diff } = await import('../actions/diff.ts');
      done(await diff({ ...options, stage, from }, context));
    });
};
