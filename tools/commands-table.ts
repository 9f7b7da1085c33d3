import { ALIASES, HELP, usageOf, WORDS } from '../pipeline/commands/words.ts';

/** What may be different on the command line, where programs have flags and `mesh` has more to do than promote. */
const ON_THE_COMMAND_LINE: Readonly<Record<string, string>> = {
  verify: '`./mesh verify REV`; without REV it proves [the files as they are](guide.md)',
  help: '`./mesh help`, `./mesh WORD --help`',
};
/** Names that `mesh` gives to more than one thing. */
const NO_ALIAS = ['?'];

const BEGIN = '<!-- words:begin -->';
const END = '<!-- words:end -->';

/** `docs/commands.md` with its table of words as the parser has them. Throws where the page has no place for it. */
export function withCommandsTable(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`want ${BEGIN} and ${END} in docs/commands.md`);
  return `${before}${BEGIN}\n${commandsTable()}\n${END}${after}`;
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
