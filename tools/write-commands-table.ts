// Writes what docs/commands.md has of the code: every word of the pipeline, from Slack and from the command line, and the options of every command.
//
//   node tools/write-commands-table.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withCommandsTable } from './commands-table.ts';

const path = join(resolve(import.meta.dirname, '..'), 'docs/commands.md');
writeFileSync(path, withCommandsTable(readFileSync(path, 'utf8')));
