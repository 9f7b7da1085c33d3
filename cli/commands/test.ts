import { join } from 'node:path';
import { execaNode } from 'execa';
import type { AddCommand } from '../program.ts';
import { PROJECT_ROOT } from '../project-root.ts';
import { setUpEnvoys } from './setup.ts';

/** `mesh test [vitest arguments]`: every test, real Envoys included; what is skipped says why, and is counted in the last line. */
export const testCommand: AddCommand = (program, context, done) => {
  program
    .command('test')
    .description("runs Meshgate's own tests: lint, types, the short suite and the suites on real Envoys")
    .argument('[vitest...]', 'arguments for vitest, such as a file')
    .allowUnknownOption()
    .action(async (args: readonly string[]) => {
      await setUpEnvoys(context);
      const { exitCode, isTerminated } = await execaNode(
        join(PROJECT_ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
        ['run', ...args],
        {
          cwd: PROJECT_ROOT,
          stdio: 'inherit',
          reject: false,
          cancelSignal: context.signal,
          forceKillAfterDelay: 1_500,
        },
      );
      done(isTerminated ? 2 : (exitCode ?? 2) === 0 ? 0 : 1);
    });
};
