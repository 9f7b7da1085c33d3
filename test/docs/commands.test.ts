import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommand } from '../../pipeline/commands/parse-command.ts';
import { HELP, WORDS } from '../../pipeline/commands/words.ts';
import { withCommandsTable } from '../../tools/commands-table.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/commands.md'), 'utf8');

test('docs/commands.md is current (node tools/write-commands-table.ts)', () => {
  expect(PAGE).toBe(withCommandsTable(PAGE));
});

test.each(WORDS)('%s has a row with both faces, and an example that is understood', (word) => {
  expect(PAGE).toMatch(new RegExp(`^\\| \`/mesh ${word}\\b.*\\| \`\\./mesh ${word}\\b`, 'm'));
  expect(PAGE).toContain(`\`${HELP[word].example}\` |`);
  expect(parseCommand(HELP[word].example, { stages: [] })).toMatchObject({
    kind: expect.stringMatching(/command|query/),
  });
});
