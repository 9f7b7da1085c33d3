import type { DrainOptions, WaitOptions } from '../actions/sidecar.ts';
import type { AddCommand } from '../command-context.ts';

const ENVOY = "the Envoy's admin interface";

/** `mesh wait` and `mesh drain`: what is run around an app that has an Envoy beside it. */
export const waitCommand: AddCommand = (program, context, done) => {
  program
    .command('wait')
    .description('waits until the Envoy beside an app has its configuration, so that the app may start')
    .option('--envoy <host:port>', ENVOY, '127.0.0.1:9901')
    .option('--timeout <duration>', 'how long at most', '60s')
    .action(async (options: WaitOptions) => {
      const { waitForEnvoy } = await import('../actions/sidecar.ts');
      done(await waitForEnvoy(options, context));
    });
};

export const drainCommand: AddCommand = (program, context, done) => {
  program
    .command('drain')
    .description('fails the health check of the Envoy beside an app, waits, and lets requests that are under way end')
    .option('--envoy <host:port>', ENVOY, '127.0.0.1:9901')
    .option(
      '--notice <duration>',
      'how long others have to see that it fails, before connections are asked to close',
      '10s',
    )
    .option('--timeout <duration>', 'how long requests may take to end after that', '30s')
    .option('--quit', 'ends the Envoy then')
    .action(async (options: DrainOptions) => {
      const { drainEnvoy } = await import('../actions/sidecar.ts');
      done(await drainEnvoy(options, context));
    });
};
