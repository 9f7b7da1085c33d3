import { readFile, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { ConfigSource } from '../../pipeline/engine/source/config-source.ts';
import type { Revision } from '../../pipeline/ids.ts';
import { keepLast } from '../../pipeline/keep-last.ts';
import type { Finding } from '../../render/finding.ts';
import type { FindingView, SourceExcerpt } from '../api/types/matrix.ts';

const AROUND = 3;
const LONGEST_LINE = 400;
const LARGEST_FILE = 4 * 1024 * 1024;
/** Files of so many revisions are kept. */
const KEPT = 16;

type Files = ReadonlyMap<string, readonly string[]>;

/** Shows findings with the lines that they are about. */
export type SourceLines = (revision: Revision, findings: readonly Finding[]) => Promise<readonly FindingView[]>;

/**
 * Reads the lines from the repository of the mesh config; a revision never changes, so what was read is kept. Never rejects: a finding
 * whose file cannot be had is shown without lines.
 */
export function sourceLines(source: ConfigSource): SourceLines {
  const kept = new Map<Revision, Map<string, readonly string[] | undefined>>();
  return async (revision, findings) => {
    const known = kept.get(revision) ?? new Map<string, readonly string[] | undefined>();
    keepLast(kept, revision, known, () => kept.size <= KEPT);
    const wanted = new Set(findings.map(({ at }) => at.file));
    const missing = [...wanted].filter((file) => !known.has(file));
    if (missing.length > 0)
      for (const [file, lines] of await filesOf(source, revision, missing).catch((): Files => new Map()))
        known.set(file, lines);
    return findings.map((finding) => {
      const excerpt = excerptOf(finding, known.get(finding.at.file));
      return excerpt ? { ...finding, excerpt } : finding;
    });
  };
}

/** Names in findings come from stored documents: none leads out of the directory. */
async function filesOf(source: ConfigSource, revision: Revision, names: readonly string[]): Promise<Files> {
  await using files = await source.read(revision);
  const found = new Map<string, readonly string[]>();
  for (const name of names) {
    const path = resolve(join(files.dir, name));
    if (!path.startsWith(resolve(files.dir) + sep)) continue;
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile() || stats.size > LARGEST_FILE) continue;
    found.set(name, (await readFile(path, 'utf8')).split(/\r?\n/));
  }
  return found;
}

function excerptOf({ at }: Finding, lines: readonly string[] | undefined): SourceExcerpt | undefined {
  if (!lines || at.line < 1 || at.line > lines.length) return undefined;
  const firstLine = Math.max(1, at.line - AROUND);
  const shown = lines.slice(firstLine - 1, at.line + AROUND);
  return { file: at.file, firstLine, lines: shown.map((line) => line.slice(0, LONGEST_LINE)) };
}
