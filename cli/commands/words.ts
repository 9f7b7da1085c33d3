import type { Command } from 'commander';
import { ALIASES, HELP, usageOf, WORDS, type Word } from '../../pipeline/commands/words.ts';
import type { WordOptions } from '../actions/say.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

/** `mesh verify` proves a work tree as well, so it has options of its own (`mesh verify REV` is the word); `mesh help` is the program's. */
const ELSEWHERE: readonly Word[] = ['verify', 'help'];
/** `mesh diff` compares work trees as well (`mesh diff STAGE [REV]` is the word). */
const ALIAS_ELSEWHERE = ['diff', '?'];
const CLI_WORDS: readonly Word[] = WORDS.filter((word) => !ELSEWHERE.includes(word));

const withWordOptions = (command: Command): Command =>
  withConfigOption(command)
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .option('--json', 'machine-readable output on stdout, and nothing else there');

/** Every word of the pipeline as a command: `mesh promote canary` is `/mesh promote canary`. */
export const wordCommands: AddCommand = (program, context, done) => {
  for (const word of CLI_WORDS) {
    const command = withWordOptions(program.command(word)).description(HELP[word].does);
    command.aliases(
      Object.keys(ALIASES).filter((alias) => ALIASES[alias] === word && !ALIAS_ELSEWHERE.includes(alias)),
    );
    if (HELP[word].reason !== 'none') command.option('--reason <text>', 'why; the same as `because …`');
    if (word === 'break-glass') command.option('--gates <names>', 'the gates to skip, with commas');
    command
      .argument('[words...]', usageOf(word).split(' ').slice(1).join(' ') || 'nothing')
      .addHelpText('after', `\nFor example: mesh ${HELP[word].example}`)
      .action(async (words: readonly string[], options: WordOptions) => {
        const { say } = await import('../actions/say.ts');
        done(await say(word, words, options, context));
      });
  }
};
