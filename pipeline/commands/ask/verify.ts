import { worstOf } from '../../../conformance/cell.ts';
import { renderFinding } from '../../../render/finding.ts';
import { deliveredSnapshot } from '../../engine/delivered-snapshot.ts';
import type { Answer } from '../answer.ts';
import { shortRevision, shown } from '../answers.ts';
import { type Desk, refuse } from '../execute/desk.ts';

/** Proves a revision for every stage, from what is live there, in the process that was asked; what passed is kept for the promotion. */
export async function verify(typed: string | undefined, desk: Desk): Promise<Answer> {
  const { ports, signal } = desk;
  const head = await ports.source.head(signal);
  const revision = typed === undefined ? head : await ports.source.resolve(typed, signal);
  if (!revision)
    return refuse(
      'unknown-revision',
      undefined,
      `the revision ${JSON.stringify(typed)}`,
      `a commit of ${ports.source.name}`,
    );
  if (!(await ports.source.isReachable(revision, signal)))
    return refuse(
      'revision-not-reachable',
      undefined,
      `revision ${shortRevision(revision)}, which is not on ${ports.source.name}`,
      'a revision that was merged: what is not runs in CI: mesh verify, there',
    );
  const read = await ports.revisions.config(revision, signal);
  if (read.kind === 'broken')
    return shown(`${shortRevision(revision)} cannot be read`, [
      { kind: 'text', text: read.findings.map(renderFinding).join('\n') },
    ]);
  const rows: string[][] = [['stage', 'Envoy', 'verdict']];
  const verdicts: ('pass' | 'fail' | 'inconclusive')[] = [];
  const findings: string[] = [];
  for (const { name, envoys } of read.config.stages) {
    const { live } = await ports.store.read.stage(name);
    const before = live && (await deliveredSnapshot(ports.store, name, live.digest));
    for (const { version } of envoys) {
      const outcome = await ports.prove({ revision, stage: name, envoy: version, live: before }, signal);
      verdicts.push(outcome.verdict);
      rows.push([
        name,
        version,
        `${outcome.verdict}${outcome.cached ? ' (cached)' : ''}${outcome.message ? `: ${outcome.message}` : ''}`,
      ]);
      findings.push(...outcome.findings.filter(({ severity }) => severity === 'error').map(renderFinding));
    }
  }
  const text = [...new Set(findings)].join('\n');
  return shown(`${shortRevision(revision)}: ${worstOf(verdicts)}`, [
    { kind: 'table', rows },
    ...(text === '' ? [] : [{ kind: 'text' as const, text }]),
  ]);
}
