import { type Finding, renderFinding } from '../../../render/finding.ts';
import type { StoredCell } from '../../engine/matrix/cells.ts';
import type { Verification } from '../../engine/verification/verification.ts';
import type { EvidenceId } from '../../ids.ts';
import type { Answer, AnswerBlock } from '../answer.ts';
import { shortRevision, shown } from '../answers.ts';

/** Where a verification stands: its cells as far as they got, and what they found. */
export async function verificationAnswer(
  seen: Verification,
  evidence: (id: EvidenceId) => Promise<string | undefined>,
): Promise<Answer> {
  const rows = seen.stages.flatMap(({ stage, digest, cells }) =>
    digest === undefined
      ? [[stage, '-', 'fail: it cannot be rendered']]
      : cells.map((cell) => [stage, cell.envoy, cellWords(cell)]),
  );
  const findings = await findingsOf(seen, evidence);
  const blocks: AnswerBlock[] = [];
  if (seen.message !== undefined) blocks.push({ kind: 'lines', lines: [seen.message] });
  if (rows.length > 0) blocks.push({ kind: 'table', rows: [['stage', 'Envoy', 'verdict'], ...rows] });
  if (findings.length > 0) blocks.push({ kind: 'text', text: findings.map(renderFinding).join('\n') });
  return { ...shown(`${seen.id}: ${shortRevision(seen.revision)} ${standing(seen)}`, blocks), verification: seen.id };
}

/** As one phrase. */
export function standing({ state, verdict, stages, message }: Verification): string {
  const cells = stages.flatMap((stage) => stage.cells);
  const ended = cells.filter((cell) => cell.state === 'done').length;
  switch (state) {
    case 'asked':
      return message === undefined ? 'waits for a worker' : 'could not be begun yet; it is tried again';
    case 'running':
      return `is being proved for every stage: ${ended} of ${cells.length} cells ended`;
    case 'ended':
      return { pass: 'passes in every stage', fail: 'fails', inconclusive: 'could not be judged' }[
        verdict ?? 'inconclusive'
      ];
    default:
      return state satisfies never;
  }
}

function cellWords({ state, verdict, cached, message }: StoredCell): string {
  if (state !== 'done') return state === 'running' ? 'runs' : 'waits';
  return `${verdict ?? 'inconclusive'}${cached ? ' (proved before)' : ''}${message === undefined ? '' : `: ${message}`}`;
}

/** Of the revision, its stages and its cells: errors only, each once. */
export async function findingsOf(
  { findings, stages }: Verification,
  evidence: (id: EvidenceId) => Promise<string | undefined>,
): Promise<readonly Finding[]> {
  const found: Finding[] = [...findings, ...stages.flatMap((stage) => stage.findings)];
  for (const { verdict, report } of stages.flatMap(({ cells }) => cells)) {
    if (verdict === 'pass' || report === undefined) continue;
    const text = await evidence(report);
    if (text !== undefined) found.push(...((JSON.parse(text) as { readonly findings?: Finding[] }).findings ?? []));
  }
  const errors = found.filter(({ severity }) => severity === 'error');
  return [...new Map(errors.map((finding) => [renderFinding(finding), finding])).values()];
}
