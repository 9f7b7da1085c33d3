import type { BotCommandOptions } from '../actions/bot.ts';
import { withBoardOptions } from '../board/board-options.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

/** `mesh bot`: Slack. Tokens come from the environment or from files alone, so that no list of processes shows them. */
export const botCommand: AddCommand = (program, context, done) => {
  withBoardOptions(withConfigOption(program.command('bot')))
    .description('runs the Slack bot until it is stopped; any number of replicas may run')
    .option(
      '--mode <mode>',
      'socket (SLACK_APP_TOKEN) or http (SLACK_SIGNING_SECRET); default: what there is a secret for',
    )
    .option(
      '--channel <id>',
      'the channel in which promotions are announced (default: SLACK_CHANNEL, else slack.channel of mesh.yaml)',
    )
    .option('--listen <host:port>', 'where Slack’s requests come in, in http mode', '127.0.0.1:3000')
    .option(
      '--health <host:port>',
      'answers /healthz, /readyz and /metrics there, such as 127.0.0.1:9092 (default: nowhere)',
    )
    .option('--board <host:port>', 'serves the board there, too; the options without another meaning here are its own')
    .option(
      '--board-url <url>',
      'where the board is served; messages link to it (default: --url of a board that is served here)',
    )
    .option('--source-url <template>', 'findings link to it: https://…/{revision}/{file}#L{line}')
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .addHelpText(
      'after',
      '\nSecrets: SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, or files named by SLACK_…_FILE. See docs/slack.md.',
    )
    .action(async (options: BotCommandOptions) => {
      const { bot } = await import('../actions/bot.ts');
      done(await bot(options, context));
    });
};
