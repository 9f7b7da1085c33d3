import { Command, CommanderError } from 'commander';
import { LauncherError } from '../conformance/launcher/envoy-launcher.ts';
import { SelectionError } from '../conformance/prepare-stages.ts';
import { RevisionError } from '../render/revision/revision-error.ts';
import { WheelError } from '../render/wheels/wheel-error.ts';
import { diffCommand } from './commands/diff.ts';
import { droneCommand } from './commands/drone.ts';
import { renderCommand } from './commands/render.ts';
import { setupCommand } from './commands/setup.ts';
import { testCommand } from './commands/test.ts';
import { validateCommand } from './commands/validate.ts';
import { verifyCommand } from './commands/verify.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** What a command gets beside its options. */
export type CommandContext = Terminal & { readonly signal: AbortSignal };
/** Adds a command to the program; its action resolves with the exit code. */
export type AddCommand = (program: Command, context: CommandContext, done: (exitCode: number) => void) => void;

/** Every command, in the order in which `mesh --help` shows them. */
const COMMANDS: readonly AddCommand[] = [
  verifyCommand,
  validateCommand,
  renderCommand,
  diffCommand,
  droneCommand,
  setupCommand,
  testCommand,
];

/** Errors whose text is for people and says all: no stack. */
const EXPECTED = [UsageError, SelectionError, LauncherError, RevisionError, WheelError];

const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs one `mesh` command. Resolves with the exit code: 0 pass, 1 findings, 2 could not tell or wrong usage, 130 and 143 after
 * Ctrl-C and SIGTERM. Never rejects.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const stopping = new AbortController();
  let stoppedBy: keyof typeof SIGNAL_EXIT | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    terminal.onSignal(signal, () => {
      stoppedBy ??= signal;
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  let exitCode = 0;
  const program = new Command('mesh')
    .description('Proves the configuration of an Envoy mesh on real Envoys before it is promoted.')
    .exitOverride()
    .showHelpAfterError('(see mesh --help)')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
  for (const add of COMMANDS) add(program, { ...terminal, signal: stopping.signal }, (code) => (exitCode = code));
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`(see mesh ${command.name()} --help)`);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (stoppedBy) return SIGNAL_EXIT[stoppedBy];
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const expected = EXPECTED.some((kind) => error instanceof kind);
    const words = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
    terminal.stderr.write(`mesh: ${words}\n`);
    return 2;
  }
  return stoppedBy ? SIGNAL_EXIT[stoppedBy] : exitCode;
}
