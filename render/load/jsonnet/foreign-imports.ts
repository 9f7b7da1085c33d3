import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Finding } from '../../finding.ts';
import { locationIn, type SourceFile } from '../../source-location.ts';
import { loadFinding } from '../rules.ts';
import { readTextFile } from '../text-file.ts';

// Comments and all forms of text are skipped; what is left can hold the keyword. An import's path is always written out: the
// language has no computed ones, so reading the text finds every file that evaluation can reach.
const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|(?:\/\/|#)[^\n]*|\|\|\|-?[ \t]*\n[\s\S]*?\n[ \t]*\|\|\||@'(?:[^']|'')*'|@"(?:[^"]|"")*"|'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|[A-Za-z_]\w*/g;
const IMPORTS = ['import', 'importstr', 'importbin'];

type Import = { readonly offset: number; readonly path: string; readonly isCode: boolean };

export function importsOf(text: string): Import[] {
  const imports: Import[] = [];
  let keyword: string | undefined;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (token.startsWith('/') || token.startsWith('#')) continue;
    if (keyword !== undefined && /^@?['"]/.test(token)) {
      imports.push({ offset: match.index, path: literalText(token), isCode: keyword === 'import' });
    }
    keyword = IMPORTS.includes(token) ? token : undefined;
  }
  return imports;
}

function literalText(token: string): string {
  if (token.startsWith('@')) return token.slice(2, -1).replaceAll("''", "'").replaceAll('""', '"');
  return token
    .slice(1, -1)
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\(["'\\/])/g, '$1');
}

/** A finding for each import, of the file or of what it imports, that is or leads outside the config directory `dir`. */
export async function foreignImports(dir: string, source: SourceFile, text: string): Promise<Finding[]> {
  const root = await realpath(dir);
  const findings: Finding[] = [];
  const seen = new Set<string>([source.path]);
  const pending: { readonly source: SourceFile; readonly text: string }[] = [{ source, text }];
  for (let file = pending.pop(); file; file = pending.pop()) {
    for (const found of importsOf(file.text)) {
      const target = resolve(root, dirname(file.source.path), found.path);
      const real = await realpath(target).catch(() => target);
      if (isAbsolute(found.path) || !real.startsWith(root + sep)) {
        const at = locationIn(file.source, found.offset);
        const want = 'a relative path that stays within the config directory';
        findings.push(loadFinding('path-outside-config', at, `an import of ${JSON.stringify(found.path)}`, want));
        continue;
      }
      // kept as it is written, since that is what its own imports are relative to
      const path = relative(root, target).split(sep).join('/');
      if (seen.has(path) || !found.isCode) continue;
      seen.add(path);
      const read = await readTextFile(root, path);
      if (read.kind === 'text') pending.push({ source: read.source, text: read.text });
    }
  }
  return findings;
}
