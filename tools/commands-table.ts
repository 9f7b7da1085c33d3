import { ALIASES, HELP, usageOf, WORDS } from '../pipeline/commands/words.ts';
import { optionsReference, theProgram } from './options-reference.ts';

/** What may be different on the command line, where programs have flags and `mesh` has more to do than promote. */
const ON_THE_COMMAND_LINE: Readonly<Record<string, string>> = {
  verify: '`./mesh verify REV`; without REV it proves [the files as they are](guide.md)',
  help: '`./mesh help`, `./mesh WORD --help`',
};
/** Names that `mesh` gives to more than one thing. */
const NO_ALIAS = ['?'];

/** `docs/commands.md` with its words as the parser has them, and the options of every command. Throws where the page has no place for one. */
export const withCommandsTable = (page: string): string =>
  filled(filled(page, 'words', commandsTable()), 'options', optionsReference(theProgram()));

/** `page` with `text` between the two comments that bear `name`. */
function filled(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`want ${begin} and ${end} in docs/commands.md`);
  return `${before}${begin}\n${text}\n${end}${after}`;
}

function commandsTable(): string {
  const rows = WORDS.map((word) => {
    const cli = ON_THE_COMMAND_LINE[word] ?? `\`./mesh ${usageOf(word)}\``;
    return `| \`/mesh ${usageOf(word)}\` | ${cli} | ${HELP[word].does} | \`${HELP[word].example}\` |`;
  });
  const aliases = Object.entries(ALIASES)
    .filter(([alias]) => !NO_ALIAS.includes(alias))
    .map(([alias, word]) => `\`${alias}\` is \`${word}\``);
  return [
    '| in Slack | on the command line | what it does | for example |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `Other names, on both: ${aliases.join(', ')}.`,
  ].join('\n');
}
