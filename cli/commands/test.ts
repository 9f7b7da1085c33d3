import type { AddCommand } from '../command-context.ts';

/** `mesh test [vitest arguments]`: every test, real Envoys included; what is skipped says why, and is counted in the last line. */
export const testCommand: AddCommand = (program, context, done) => {
  program
    .command('test')
    .description("runs Meshgate's own tests: lint, types, the short suite and the suites on real Envoys")
    .argument('[vitest...]', 'instead of all that: arguments for vitest, such as a file, or -t and a name')
    .allowUnknownOption()
    .action(async (args: readonly string[]) => {
      const { test } = await import('../actions/test.ts');
      done(await test(args, context));
    });
};
