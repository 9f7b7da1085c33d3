import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execaNode } from 'execa';
import type { CommandContext } from '../command-context.ts';
import { PROJECT_ROOT } from '../project-root.ts';
import { UsageError } from '../usage-error.ts';
import { setUpEnvoys } from './setup.ts';

/** What stands before the tests, and fails the command as they do. */
const STATIC: readonly { readonly name: string; readonly module: string; readonly args: readonly string[] }[] = [
  { name: 'lint', module: '@biomejs/biome/bin/biome', args: ['check', '.'] },
  { name: 'types', module: 'typescript/bin/tsc', args: [] },
];

/** Resolves with the exit code: 1 where a test, the linter or the compiler fails. Rejects with `LauncherError`, and with `UsageError` where there are no tests. */
export async function test(args: readonly string[], context: CommandContext): Promise<number> {
  if (!existsSync(join(PROJECT_ROOT, 'node_modules/vitest')))
    throw new UsageError('an installed package has no tests: run ./mesh test in a checkout');
  await setUpEnvoys(context);
  const run = async (module: string, moduleArgs: readonly string[]): Promise<boolean> => {
    const { exitCode } = await execaNode(join(PROJECT_ROOT, 'node_modules', module), [...moduleArgs], {
      cwd: PROJECT_ROOT,
      stdio: 'inherit',
      reject: false,
      cancelSignal: context.signal,
      forceKillAfterDelay: 1_500,
    });
    context.signal.throwIfAborted();
    return exitCode === 0;
  };
  const failed: string[] = [];
  if (args.length === 0)
    for (const { name, module, args: moduleArgs } of STATIC) if (!(await run(module, moduleArgs))) failed.push(name);
  // The tests come last whatever was found before, so that the last line is their count.
  if (!(await run('vitest/vitest.mjs', ['run', ...args]))) failed.push('tests');
  if (failed.length > 0) context.stderr.write(`mesh: failed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
}
