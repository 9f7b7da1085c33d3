// Writes docs/decisions/README.md: every decision by its number, with its title.
//
//   node tools/write-decisions-index.ts
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const dir = join(resolve(import.meta.dirname, '..'), 'docs/decisions');
const lines = globSync('[0-9]*.md', { cwd: dir })
  .toSorted()
  .map((file) => {
    const title = readFileSync(join(dir, file), 'utf8').split('\n', 1)[0] ?? '';
    return `- [${title.replace(/^#\s*(\d+:\s*)?/, `${basename(file).slice(0, 4)}: `)}](${file})`;
  });
const head = `# Decisions

<!-- Written by node tools/write-decisions-index.ts. -->

What was chosen, why, and what was not. Each is five lines or a page; a later one that changes an earlier one says so.
`;
writeFileSync(join(dir, 'README.md'), `${head}\n${lines.join('\n')}\n`);
