import { withConfigOption } from '../config-options.ts';
import type { AddCommand } from '../program.ts';

export type ServeOptions = {
  readonly config?: string;
  readonly stage: string;
  readonly listen: string;
  readonly data?: string;
};

/** `mesh serve`: the control plane of one stage, on what the stage's target holds. */
export const serveCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('serve'))
    .description("runs a stage's control plane on what the stage's target holds, until it is stopped")
    .requiredOption('--stage <name>', 'the stage to serve')
    .option('--listen <host:port>', 'where Envoys connect: xDS, metrics and access logs', '127.0.0.1:18000')
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .action(async (options: ServeOptions) => {
      const { serve } = await import('../actions/serve.ts');
      done(await serve(options, context));
    });
};
