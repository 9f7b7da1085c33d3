import type { AddCommand } from '../command-context.ts';
import { type ConfigOptions, withMatrixOptions } from '../config-options.ts';

/** `mesh validate`: the static guards, for every Envoy version of every stage; no Envoy is started. */
export const validateCommand: AddCommand = (program, context, done) => {
  withMatrixOptions(program.command('validate'))
    .description('checks the mesh config against the API of every Envoy version and the guards, without any Envoy')
    .action(async (options: ConfigOptions) => {
      const { validate } = await import('../actions/validate.ts');
      done(await validate(options, context));
    });
};
