import type { Finding, Severity } from '../../render/finding.ts';
import { formatLocation } from '../../render/source-location.ts';
import { findingsOfCell, type MatrixResult } from './matrix-result.ts';
import { redactText } from './redact.ts';
import { reproCommand, shellWord } from './repro-command.ts';

/** One thing that is wrong, however many cells saw it. */
export type Failure = {
  readonly finding: Finding;
  readonly severity: Severity;
  readonly check?: string;
  /** The cells that saw it, in the order of the matrix; empty for what was found before any cell ran. */
  readonly cells: readonly string[];
  /** Repeats it in the first of its cells. */
  readonly repro: string;
};

/**
 * The findings of a result, each once: the same finding of twenty cells is one entry with twenty names. Errors first, else in the order of the
 * matrix. Text is free of secrets.
 */
export function failuresOf(result: MatrixResult): readonly Failure[] {
  const groups = new Map<string, { finding: Finding; check?: string; cells: string[]; repro: string }>();
  const seen = (finding: Finding, repro: string, cell?: string, check?: string): void => {
    const { rule, severity, at, saw, want, resource } = finding;
    const key = JSON.stringify([rule, severity, formatLocation(at), saw, want, resource, check]);
    const group = groups.get(key);
    if (!group)
      groups.set(key, { finding: clean(finding), ...(check ? { check } : {}), cells: cell ? [cell] : [], repro });
    else if (cell && !group.cells.includes(cell)) group.cells.push(cell);
  };
  for (const finding of result.findings) seen(finding, staticRepro(finding, result.scope));
  for (const cell of result.cells)
    for (const { finding, check } of findingsOfCell(cell))
      seen(finding, check === undefined ? cell.repro : `${cell.repro} --check ${shellWord(check)}`, cell.id, check);
  const all = [...groups.values()].map((group): Failure => ({ ...group, severity: group.finding.severity }));
  return [...all.filter((f) => f.severity === 'error'), ...all.filter((f) => f.severity !== 'error')];
}

const staticRepro = ({ stage, envoy }: Finding, scope: MatrixResult['scope']): string => {
  const [version] = envoy ?? [];
  // What several stages say alike names them all: `canary, release`.
  const stages = stage ? { stage: stage.split(', ') } : {};
  return reproCommand({ ...scope, ...stages, ...(version ? { envoy: version } : {}) }, 'validate');
};

const clean = (finding: Finding): Finding => ({
  ...finding,
  saw: redactText(finding.saw),
  want: redactText(finding.want),
});
