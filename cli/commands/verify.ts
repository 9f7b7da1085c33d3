import type { Command } from 'commander';
import type { VerifyOptions } from '../actions/verify.ts';
import { CELLS_PER_CORE } from '../cells-per-core.ts';
import type { AddCommand } from '../command-context.ts';
import { withMatrixOptions } from '../config-options.ts';
import { LAUNCHER_WISHES } from '../launcher-wishes.ts';
import { UsageError } from '../usage-error.ts';

/** `mesh verify`: the whole matrix, on real Envoys. */
export const verifyCommand: AddCommand = (program, context, done) => {
  withMatrixOptions(program.command('verify'))
    .description(
      'proves the mesh config on real Envoys: every stage and Envoy version, under checks, guards and rehearsals',
    )
    .option('--launcher <kind>', `how Envoys are started: ${LAUNCHER_WISHES.join(', ')}`, 'auto')
    .option('--check <name>', 'only this check, in the cells that have it; without rehearsals')
    .option('--report <dir>', 'writes report.json, junit.xml, summary.md and the evidence of failed cells')
    .option(
      '--comment <forge>',
      'shows the summary in one comment of the pull request: github or gitea (see docs/guide.md)',
    )
    .option('--pull-request <owner/repository#number>', 'which one (default: that of the CI run)')
    .option(
      '--jobs <n>',
      `cells that run at once, as far as the machine has time to spare (default: ${CELLS_PER_CORE} for each core)`,
    )
    .option('--no-cache', 'runs every cell, also those that are unchanged since they last passed')
    .option(
      '--data <dir>',
      'with REV: where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)',
    )
    .argument(
      '[REV]',
      'a revision of the protected branch instead of the files as they are, from what the target of each stage holds: workers prove it, and this waits for them',
    )
    .action(async (revision: string | undefined, options: VerifyOptions, command: Command) => {
      if (revision !== undefined) {
        refuseOthers(command);
        const { say } = await import('../actions/say.ts');
        return done(await say('verify', [revision], options, context));
      }
      const { verify } = await import('../actions/verify.ts');
      done(await verify(options, context));
    });
};

/** The pipeline proves whole revisions, as it would for a promotion. */
function refuseOthers(command: Command): void {
  const allowed = ['config', 'data', 'json'];
  const given = command.options.find(
    (option) =>
      !allowed.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given)
    throw new UsageError(`${given.long} goes with the files as they are, not with a revision: leave one of them out`);
}
