import type { WorkerOptions } from '../actions/worker.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';
import { LAUNCHER_WISHES } from '../launcher-wishes.ts';

/** `mesh worker`: moves promotions on and runs their cells until it is stopped. */
export const workerCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('worker'))
    .description('moves promotions on and runs their cells on real Envoys until it is stopped; any number may run')
    .option('--launcher <kind>', `how Envoys are started: ${LAUNCHER_WISHES.join(', ')}`, 'auto')
    .option('--cells <n>', 'cells that run at once (default: one for each core, and two at least)')
    .option(
      '--health <host:port>',
      'answers /healthz, /readyz and /metrics there, such as 127.0.0.1:9091 (default: nowhere)',
    )
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .action(async (options: WorkerOptions) => {
      const { worker } = await import('../actions/worker.ts');
      done(await worker(options, context));
    });
};
