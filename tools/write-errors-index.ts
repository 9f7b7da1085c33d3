// Writes docs/errors.md: the index of every rule with the way to its entry in docs/errors/.
//
//   node tools/write-errors-index.ts
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { entriesOf, rulesOf } from './errors/error-entries.ts';
import { errorsIndex } from './errors/errors-index.ts';

const root = resolve(import.meta.dirname, '..');
writeFileSync(join(root, 'docs/errors.md'), errorsIndex(await rulesOf(root), entriesOf(root)));
