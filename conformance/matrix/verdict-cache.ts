import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellReport } from '../report/matrix-result.ts';

/** Everything that a cell's verdict depends on. Two cells with equal keys have one verdict. */
export type VerdictKey = {
  readonly digest: string;
  readonly liveDigest: string | undefined;
  readonly envoy: string;
  readonly image: string | undefined;
  readonly launcher: string;
  /** Content hash of the declared checks and scripts. */
  readonly checks: string;
  /** Stage settings that reach into a cell: node match and guards. */
  readonly stageSettings: unknown;
  /** Content hash of Meshgate itself. */
  readonly tool: string;
};

/**
 * Verdicts of cells that passed. A failed or inconclusive cell is run again each time: a person who looks at a failure wants to
 * see it happen, with its evidence.
 */
export type VerdictCache = {
  read(key: VerdictKey): Promise<CellReport | undefined>;
  write(key: VerdictKey, report: CellReport): Promise<void>;
};

/** What is undefined in a key is absent in one that was read from a file; both have one name. */
const nameOf = (key: VerdictKey): string => {
  const entries = Object.entries(key).filter(([, value]) => value !== undefined);
  return createHash('sha256')
    .update(JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex');
};

/** One file for each verdict, written beside and renamed, so that several runs may share `dir`; an unreadable file is no verdict. */
export function fileVerdictCache(dir: string): VerdictCache {
  return {
    async read(key) {
      try {
        const report = JSON.parse(await readFile(join(dir, `${nameOf(key)}.json`), 'utf8')) as CellReport;
        return report.verdict === 'pass' ? { ...report, cached: true } : undefined;
      } catch {
        return undefined;
      }
    },
    async write(key, report) {
      if (report.verdict !== 'pass') return;
      await mkdir(dir, { recursive: true });
      const { evidence: _, ...kept } = report;
      const file = join(dir, `${nameOf(key)}.json`);
      const beside = `${file}.${randomUUID()}`;
      await writeFile(beside, JSON.stringify(kept));
      await rename(beside, file);
    },
  };
}

/** For tests, and for runs that must not be answered from before. */
export function memoryVerdictCache(): VerdictCache {
  const known = new Map<string, CellReport>();
  return {
    read: async (key) => {
      const report = known.get(nameOf(key));
      return report && { ...report, cached: true };
    },
    write: async (key, report) => {
      if (report.verdict === 'pass') known.set(nameOf(key), report);
    },
  };
}
