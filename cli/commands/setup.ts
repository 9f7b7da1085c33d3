import type { AddCommand } from '../command-context.ts';

/** `mesh setup`: what the first `verify` or `test` would fetch, fetched now, so that later runs need no network. */
export const setupCommand: AddCommand = (program, context, done) => {
  program
    .command('setup')
    .description('fetches what later runs need (Envoy binaries), so that they work offline')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: { readonly json?: boolean }) => {
      const { setup } = await import('../actions/setup.ts');
      done(await setup(options, context));
    });
};
