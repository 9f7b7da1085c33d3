import { expect, test } from 'vitest';
import { circlesOf } from './circles.ts';
import { filesOf, importsOf, ROOMS, read, targetOf } from './sources.ts';

/** A message holds messages: what reads one kind of field goes on with the walk that met it. */
const IN_TURNS = [
  'render/api/any/walk-any.ts',
  'render/api/extensions/check-slot.ts',
  'render/api/extensions/inherited-slot.ts',
  'render/api/values/retired-field.ts',
  'render/api/values/walk-enum.ts',
  'render/api/walk.ts',
];

const graphOf = (texts: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> =>
  new Map(
    Object.entries(texts).map(([file, text]) => [file, importsOf(text).map((path) => targetOf(file, path))] as const),
  );

test('no file leads back to itself, not by a type either', () => {
  const texts = Object.fromEntries(filesOf(ROOMS).map((file) => [file, read(file)]));
  expect(circlesOf(graphOf(texts))).toEqual([IN_TURNS]);
});

test.each<[string, Readonly<Record<string, string>>, readonly (readonly string[])[]]>([
  [
    'one that is closed by a type',
    {
      'cli/commands/a.ts': "const { a } = await import('../actions/a.ts');",
      'cli/actions/a.ts': "import type { Options } from '../commands/a.ts';",
    },
    [['cli/actions/a.ts', 'cli/commands/a.ts']],
  ],
  [
    'one of three files, and another beside it',
    {
      'bot/a.ts': "import { b } from './b.ts';\nimport { d } from './d.ts';",
      'bot/b.ts': "export { c } from './c.ts';",
      'bot/c.ts': "import { a } from './a.ts';",
      'bot/d.ts': "import { e } from './e.ts';",
      'bot/e.ts': "import { d } from './d.ts';",
    },
    [
      ['bot/d.ts', 'bot/e.ts'],
      ['bot/a.ts', 'bot/b.ts', 'bot/c.ts'],
    ],
  ],
  ['a file that imports itself', { 'bot/a.ts': "import { a } from './a.ts';" }, [['bot/a.ts']]],
  [
    'none where two ways lead to one file',
    {
      'bot/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
      'bot/b.ts': "import { c } from './c.ts';",
      'bot/c.ts': '',
    },
    [],
  ],
])('it sees %s', (_, texts, circles) => {
  expect(circlesOf(graphOf(texts))).toEqual(circles);
});
