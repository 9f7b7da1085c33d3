import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { theProgram } from '../../tools/options-reference.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = globSync('{README.md,docs/*.md,docs/{production,errors,coming-from}/*.md}', { cwd: ROOT }).toSorted();
const PROGRAM = theProgram();

/** What is typed: lines of fences, and code within a line. */
function codeIn(markdown: string): string[] {
  const fences = [...markdown.matchAll(/^ *```[^\n]*\n(.*?)^ *```$/gms)].flatMap(([, text = '']) =>
    joined(text).split('\n'),
  );
  const prose = markdown.replaceAll(/^ *```.*?^ *```$/gms, '');
  return [...fences, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)];
}
/** A command that goes on in the next line is one. */
const joined = (text: string): string => text.replaceAll(/\\\n\s*/g, ' ');
/** A link to `mesh` is no command of it. */
const withoutComment = (code: string): string => code.replace(/ # .*|\bln -s .*/, '');

/** `mesh` where a command begins, and the image of that name where it is run: the words after it, up to where another command begins. */
const COMMAND = /(?:^|^\$ |&& |\|\| |until |-- |\/)mesh ([a-z][^;&|>]*)|(?:docker run .* |^)meshgate ([a-z][^;&|>]*)/g;
const typedIn = (page: string): readonly string[] =>
  codeIn(readFileSync(join(ROOT, page), 'utf8')).flatMap((code) =>
    [...withoutComment(code).matchAll(COMMAND)].map(([, words, ofImage]) => (words ?? ofImage ?? '').trim()),
  );

/** What of `mesh WORDS` there is not; undefined: all of it is there. */
function unknownIn(typed: string): string | undefined {
  const words = typed.split(/\s+/);
  let command = PROGRAM;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!next) break;
    command = next;
  }
  if (command === PROGRAM) return words[0] === 'help' ? undefined : words[0];
  // `mesh fleet` does nothing without one of its words.
  const isGroup = command.commands.length > 0 && command.options.length === 0;
  if (isGroup && words.length > 1) return words.slice(0, 2).join(' ');
  // What follows `because` is the reason.
  const own = words.includes('because') ? words.slice(0, words.indexOf('because')) : words;
  const options = own.flatMap((word) => /^\[?(--[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  return options.find((option) => option !== '--help' && !command.options.some(({ long }) => long === option));
}

test.each(PAGES)('every mesh command of %s is one, with options that it has', (page) => {
  expect(typedIn(page).filter((typed) => unknownIn(typed) !== undefined)).toEqual([]);
});

test('commands are found', () => {
  expect(PAGES.flatMap(typedIn).length).toBeGreaterThan(100);
});

test.each([
  ['promot canary', 'promot'],
  ['serve --stage beta --tls-crt x', '--tls-crt'],
  ['fleet ramps payments', 'fleet ramps'],
  ['fleet ramp hold payments --by ana', undefined],
  ['glass canary-3 canary --gates approvals because --nobody is awake', undefined],
])('of mesh %s there is not: %s', (typed, missing) => {
  expect(unknownIn(typed)).toBe(missing);
});
