import type { DemoOptions } from '../actions/demo.ts';
import type { AddCommand } from '../command-context.ts';

/** `mesh demo`: everything at once on this machine, with a local Slack workspace. */
export const demoCommand: AddCommand = (program, context, done) => {
  program
    .command('demo')
    .description(
      'a whole mesh on this machine, without an account: a small fleet, the bot, and a Slack workspace to try it in',
    )
    .option(
      '--script',
      'plays the whole story by itself and prints the transcript; exit code 0 if each thing went as it should',
    )
    .option(
      '--dir <dir>',
      'keeps the files of the demo there (an empty directory); default: a temporary one that goes at the end',
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import('../actions/demo.ts');
      done(await demo(options, context));
    });
};
