import type { CellReport, MatrixResult } from './matrix-result.ts';
import { redact } from './redact.ts';

/** A cell as `report.json` and `--json` have it: its evidence is in files of its own. */
export type PublishedCell = Omit<CellReport, 'evidence'> & { readonly evidenceDir?: string };

/** The folder of a failed cell's evidence, relative to the report. Stage names and versions are safe names; anything else is made one. */
export const evidenceDirOf = (cell: Pick<CellReport, 'id'>): string =>
  `cells/${cell.id.replaceAll(/[^A-Za-z0-9@._-]/g, '_').replace(/^\.+/, '_')}`;

export const keepsEvidence = (cell: CellReport): boolean => cell.verdict !== 'pass' && cell.evidence !== undefined;

/** `report.json`, and what `verify --json` prints: the whole result without secrets, indented, with a line end. */
export function reportJson(result: MatrixResult, withEvidenceDirs = true): string {
  const cells = result.cells.map((cell): PublishedCell => {
    const { evidence: _, ...rest } = cell;
    return withEvidenceDirs && keepsEvidence(cell) ? { ...rest, evidenceDir: evidenceDirOf(cell) } : rest;
  });
  return `${JSON.stringify(redact({ ...result, cells }), null, 2)}\n`;
}
