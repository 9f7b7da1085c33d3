import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { expect } from 'vitest';
import { missingFrom, pageSteps } from './page-steps.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Whoever does what a page says, wherever that is. */
export type Reader = {
  write(path: string, text: string): Promise<void>;
  type(command: string): Promise<Typed>;
};
export type Typed = {
  readonly exitCode: number | undefined;
  /** Held against the page. */
  readonly printed: string;
  /** Told when the command fails; default: what it printed. */
  readonly trouble?: string;
};

/** A reader's hand for files below a directory of this machine. */
export async function writeBelow(dir: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), text);
}

/**
 * Has the page of that path (`docs/getting-started.md`) followed word by word: every command must end well and print what the page says.
 * Resolves with how many commands there were.
 */
export async function followPage(page: string, reader: Reader): Promise<number> {
  let commands = 0;
  for (const step of pageSteps(readFileSync(join(ROOT, page), 'utf8'))) {
    if (step.kind === 'file') {
      await reader.write(step.path, step.text);
      continue;
    }
    for (const { command, prints, line } of step.commands) {
      const where = `${basename(page)}:${line} ${command}`;
      const { exitCode, printed, trouble = printed } = await reader.type(command);
      expect({ where, exitCode, said: exitCode === 0 ? '' : trouble }).toEqual({ where, exitCode: 0, said: '' });
      const missing = missingFrom(printed, prints);
      expect({ where, missing, said: missing === undefined ? '' : printed }).toEqual({
        where,
        missing: undefined,
        said: '',
      });
      commands += 1;
    }
  }
  return commands;
}
