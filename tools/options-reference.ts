import type { Command, Option } from 'commander';
import type { CommandContext } from '../cli/command-context.ts';
import { programOf } from '../cli/program.ts';
import { WORDS } from '../pipeline/commands/words.ts';

/** Words that are commands of their own beside it: they have options that the others have not. */
const MORE_THAN_WORDS: readonly string[] = ['verify', 'help'];
const isWord = (command: Command): boolean =>
  (WORDS as readonly string[]).includes(command.name()) && !MORE_THAN_WORDS.includes(command.name());

/** Every command that does something, by its whole name (`fleet ramp`), in the order of `mesh --help`. */
export function commandsOf(program: Command): readonly { readonly name: string; readonly command: Command }[] {
  return program.commands.flatMap((command) => [
    // `mesh board` does something by itself, `mesh fleet` does not.
    ...(command.commands.length === 0 || command.options.length > 0 ? [{ name: command.name(), command }] : []),
    ...command.commands.map((one) => ({ name: `${command.name()} ${one.name()}`, command: one })),
  ]);
}

/** What every command takes, as its `--help` says it: a heading and a table each; the words of the pipeline have one together. */
export function optionsReference(program: Command): string {
  const commands = commandsOf(program);
  const words = commands.filter(({ command }) => isWord(command));
  const others = commands.filter(({ command }) => !isWord(command));
  const ofWords = new Map(words.flatMap(({ command }) => command.options.map((option) => [option.flags, option])));
  return [
    '### The words of the pipeline',
    '',
    ...tableOf([...ofWords.values()], (option) => whoHas(option, words)),
    ...others.flatMap(({ name, command }) => [
      '',
      `### \`mesh ${[name, ...argumentsOf(command)].join(' ')}\``,
      '',
      `${sentence(command.description())}`,
      ...(command.options.length > 0 ? ['', ...tableOf(command.options, () => '')] : []),
    ]),
  ].join('\n');
}

/** The program as `mesh` has it, to look at and not to run. */
export const theProgram = (): Command => programOf(NOBODY, () => {});

const NOBODY: CommandContext = {
  env: {},
  cwd: '/',
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: () => {},
  exit: () => {},
  signal: new AbortController().signal,
};

const tableOf = (options: readonly Option[], whose: (option: Option) => string): string[] => [
  '| option | |',
  '| --- | --- |',
  ...options
    .filter(({ long }) => long !== '--help')
    .map((option) => `| \`${cell(option.flags)}\` | ${cell(`${whose(option)}${wordsOf(option)}`)} |`),
];

function whoHas({ flags }: Option, words: readonly { readonly name: string; readonly command: Command }[]): string {
  const with_ = words.filter(({ command }) => command.options.some((option) => option.flags === flags));
  if (with_.length === words.length) return '';
  return with_.length === 1 ? `\`${with_[0]?.name}\`: ` : 'where a reason can be given: ';
}

function wordsOf({ description, mandatory, defaultValue, defaultValueDescription }: Option): string {
  const isPlain = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const given = isPlain ? `\`${defaultValue}\`` : defaultValueDescription;
  return `${mandatory ? 'required: ' : ''}${plain(description)}${given === undefined ? '' : ` (default: ${given})`}`;
}

const argumentsOf = (command: Command): string[] =>
  command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '…' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });

const plain = (text: string): string => text.replaceAll('<', '&lt;').replaceAll('{', '&#123;');
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${plain(text.slice(1))}.`;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
