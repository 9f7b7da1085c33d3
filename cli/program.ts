import { Command, CommanderError } from 'commander';
import { LauncherError } from '../conformance/launcher/envoy-launcher.ts';
import { SelectionError } from '../conformance/selection-error.ts';
import { StoreError } from '../pipeline/store/store-error.ts';
import { RevisionError } from '../render/revision/revision-error.ts';
import { WheelError } from '../render/wheels/wheel-error.ts';
import type { AddCommand, CommandContext } from './command-context.ts';
import { auditCommand } from './commands/audit.ts';
import { boardCommand } from './commands/board.ts';
import { bootstrapCommand } from './commands/bootstrap.ts';
import { botCommand } from './commands/bot.ts';
import { demoCommand } from './commands/demo.ts';
import { diffCommand } from './commands/diff.ts';
import { droneCommand } from './commands/drone.ts';
import { fleetCommand } from './commands/fleet.ts';
import { registerCommand } from './commands/register.ts';
import { renderCommand } from './commands/render.ts';
import { serveCommand } from './commands/serve.ts';
import { setupCommand } from './commands/setup.ts';
import { drainCommand, waitCommand } from './commands/sidecar.ts';
import { testCommand } from './commands/test.ts';
import { validateCommand } from './commands/validate.ts';
import { verifyCommand } from './commands/verify.ts';
import { wordCommands } from './commands/words.ts';
import { workerCommand } from './commands/worker.ts';
import type { Terminal } from './terminal.ts';
import { TOOL_VERSION } from './tool-version.ts';
import { UsageError } from './usage-error.ts';

/** Every command, in the groups and the order in which `mesh --help` shows them. */
const COMMANDS: readonly (readonly [string, readonly AddCommand[]])[] = [
  ['Prove a config:', [verifyCommand, validateCommand, renderCommand, diffCommand, droneCommand]],
  ['Promote it, with the same words as in Slack:', [wordCommands]],
  [
    'Run it:',
    [
      workerCommand,
      serveCommand,
      fleetCommand,
      bootstrapCommand,
      registerCommand,
      waitCommand,
      drainCommand,
      botCommand,
      boardCommand,
      auditCommand,
    ],
  ],
  ['Try it, set it up:', [demoCommand, setupCommand, testCommand]],
];

/** Errors whose text is for people and says all: no stack. */
const EXPECTED = [UsageError, SelectionError, LauncherError, RevisionError, WheelError, StoreError];

const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs one `mesh` command. Resolves with the exit code: 0 pass, 1 findings, 2 could not tell or wrong usage, 130 and 143 after
 * Ctrl-C and SIGTERM. With `--json`, what kept a command from an answer is printed as JSON too. Never rejects.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const stopping = new AbortController();
  let stoppedBy: keyof typeof SIGNAL_EXIT | undefined;
  let stoppedAtMs = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    terminal.onSignal(signal, () => {
      // Whoever asks once more does not want to wait; workers end their Envoys when their parent is gone. A shell and its
      // programs may both pass on one Ctrl-C, which is no second one.
      if (stoppedBy && performance.now() - stoppedAtMs > 300) terminal.exit(SIGNAL_EXIT[stoppedBy]);
      if (stoppedBy) return;
      stoppedAtMs = performance.now();
      stoppedBy = signal;
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  const fault = (exitCode: number, message: string): number => {
    if (wantsJson(args)) terminal.stdout.write(`${JSON.stringify({ exitCode, error: message })}\n`);
    return exitCode;
  };
  let exitCode = 0;
  const program = programOf({ ...terminal, signal: stopping.signal }, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (stoppedBy) return fault(SIGNAL_EXIT[stoppedBy], `stopped by ${stoppedBy}`);
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? 0 : fault(2, error.message.replace(/^error: /, ''));
    const message = wordsOf(error);
    terminal.stderr.write(`mesh: ${message}\n`);
    return fault(2, message);
  }
  return stoppedBy ? SIGNAL_EXIT[stoppedBy] : exitCode;
}

/** Every command with its options, as `mesh --help` shows them; `done` is told the exit code of the one that is run. */
export function programOf(context: CommandContext, done: (exitCode: number) => void): Command {
  const program = new Command('mesh')
    .description('Proves the configuration of an Envoy mesh on real Envoys, and promotes it from stage to stage.')
    .version(TOOL_VERSION)
    .exitOverride()
    .showHelpAfterError('(see mesh --help)')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  for (const [heading, commands] of COMMANDS) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, context, done);
  }
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`(see mesh ${command.name()} --help)`);
  return program;
}

/** `mesh test` hands its arguments on, and vitest's `--json` is not ours. */
const wantsJson = (args: readonly string[]): boolean => args[0] !== 'test' && args.includes('--json');

/** Code of the operating system's errors that the user can do something about. */
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NO_ACCESS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'EMFILE', 'ENFILE']);

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (EXPECTED.some((kind) => error instanceof kind)) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && NO_SPACE.has(code))
    return `the disk is full${path ? ` (${path})` : ''}; free some space, or point TMPDIR, MESHGATE_CACHE_DIR or --report at another disk`;
  if (code !== undefined && NO_ACCESS.has(code)) return message;
  return error.stack ?? message;
}
