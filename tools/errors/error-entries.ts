import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export type Rule = {
  readonly code: string;
  readonly severity: string;
  readonly summary: string;
  readonly file: string;
};
/** One `### \`code\`` of a fragment in `docs/errors/`. */
export type Entry = { readonly code: string; readonly file: string; readonly line: number; readonly text: string };

/** Every rule that a `rules.ts` of any room lists. */
export async function rulesOf(root: string): Promise<readonly Rule[]> {
  const files = globSync('{render,controlplane,conformance,pipeline,bot,board,cli}/**/rules.ts', {
    cwd: root,
  }).toSorted();
  const lists = await Promise.all(
    files.map(async (file) => {
      const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
      return Object.values(module).flatMap((list) =>
        Array.isArray(list) ? list.filter(isRule).map((rule) => ({ ...rule, file })) : [],
      );
    }),
  );
  return lists.flat();
}

const isRule = (value: unknown): value is Omit<Rule, 'file'> =>
  typeof value === 'object' && value !== null && 'code' in value && 'severity' in value && 'summary' in value;

/** Every entry of every fragment, with the text below its heading. */
export function entriesOf(root: string): readonly Entry[] {
  return globSync('docs/errors/*.md', { cwd: root })
    .toSorted()
    .flatMap((file) => entriesIn(file, readFileSync(join(root, file), 'utf8')));
}

export function entriesIn(file: string, markdown: string): readonly Entry[] {
  const lines = markdown.split('\n');
  const heads = lines.flatMap((line, index) => {
    const code = /^### `([^`]+)`/.exec(line)?.[1];
    return code === undefined ? [] : [{ code, index }];
  });
  return heads.map(({ code, index }) => {
    const length = lines.slice(index + 1).findIndex((line) => /^#{1,3} /.test(line));
    const end = length === -1 ? lines.length : index + 1 + length;
    return {
      code,
      file,
      line: index + 1,
      text: lines
        .slice(index + 1, end)
        .join('\n')
        .trim(),
    };
  });
}
