import type { BoardCommandOptions } from '../actions/board.ts';
import { withBoardOptions } from '../board/board-options.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

/** `mesh board`: the page that release managers look at. Secrets come from the environment or from files alone. */
export const boardCommand: AddCommand = (program, context, done) => {
  const board = withConfigOption(program.command('board')).description(
    'serves the page that release managers look at, until it is stopped',
  );
  withBoardOptions(board)
    .option('--listen <host:port>', 'where it listens (default: 127.0.0.1:8080, or any free port where that is taken)')
    .option(
      '--health <host:port>',
      'answers /healthz, /readyz and /metrics there, such as 127.0.0.1:9093 (default: nowhere)',
    )
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .addHelpText(
      'after',
      '\nSecrets, or files named by …_FILE: MESHGATE_BOARD_CLIENT_ID and MESHGATE_BOARD_CLIENT_SECRET for sign-in,\nSLACK_BOT_TOKEN to look people up, MESHGATE_ADMIN_TOKEN for control planes. See docs/board.md.',
    )
    .action(async (options: BoardCommandOptions) => {
      const { board: serve } = await import('../actions/board.ts');
      done(await serve(options, context));
    });
  board
    .command('sign-out')
    .description('ends all sessions of somebody on the board, at once')
    .argument('<identity>', 'as the audit log has it: slack:T012AB/U345CD, unix:ada')
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .exitOverride()
    .showHelpAfterError('(see mesh board sign-out --help)')
    .action(async (identity: string, options: { readonly data?: string }) => {
      const { signOut } = await import('../actions/board.ts');
      done(await signOut(identity, options, context));
    });
};
