import { hasErrors, renderFinding } from '../../../render/finding.ts';
import { type StageName, shortDigest } from '../../../render/ids.ts';
import { changeOf } from '../../engine/change.ts';
import { rulingRevision, stageAt } from '../../engine/step.ts';
import { targetBase } from '../../engine/target-base.ts';
import type { Answer, AnswerBlock } from '../answer.ts';
import { shortRevision, shown } from '../answers.ts';
import type { Desk } from '../execute/desk.ts';
import { refuse } from '../execute/desk.ts';
import { wantedRevision } from '../execute/promote.ts';

/** What a promotion would change, computed as a promotion would: from what the target holds now. Nothing is stored. */
export async function plan(typed: StageName, revisionTyped: string | undefined, desk: Desk): Promise<Answer> {
  const { ports, signal } = desk;
  const stage = await desk.stage(typed);
  const revision = await wantedRevision(stage, revisionTyped, desk);
  const record = await ports.store.read.stage(stage);
  await using target = await ports.openTarget(await stageAt(ports, rulingRevision(record, revision), stage, signal));
  const held = await target.read(signal);
  const before = held.kind === 'delivery' ? held.delivery.snapshot : undefined;
  const after = await ports.revisions.stage(revision, stage, before, signal);
  if (!after)
    return refuse(
      'stage-not-in-revision',
      stage,
      `no stage ${stage} in ${shortRevision(revision)}`,
      'a revision that has it',
    );
  const from = await targetBase(held, record.live, { stage, revision }, ports, signal);
  const first = from.kind === 'drift' ? from.finding : from.note;
  const findings = [...(first ? [first] : []), ...after.findings];
  const text = findings.map(renderFinding).join('\n');
  const ofFindings: AnswerBlock[] = findings.length > 0 ? [{ kind: 'text', text }] : [];
  if (!after.snapshot || hasErrors(findings))
    return shown(`${shortRevision(revision)} into ${stage} would be rejected`, ofFindings);
  const change = changeOf(before, after.snapshot, after.stage);
  // As a promotion: from the revision that the target holds.
  const theirs = held.kind === 'delivery' ? held.delivery.manifest.revision : undefined;
  const base = theirs && (await ports.source.resolve(theirs, signal));
  const [authors, paths] = await Promise.all([
    ports.source.authors(base, revision, signal),
    ports.source.changedPaths(base, revision, signal),
  ]);
  const queued = (await ports.store.read.openPromotions(stage)).map(({ id, state }) => `${id} (${state.kind})`);
  const lines = [
    `from ${before ? shortDigest(before.digest) : 'nothing'} to ${shortDigest(after.snapshot.digest)}: ${change.summary}`,
    change.blastRadius,
    `written by ${authors.map(({ name, email }) => `${name} <${email}>`).join(', ') || 'nobody'}`,
    `files: ${paths.slice(0, 20).join(', ') || 'none'}${paths.length > 20 ? ` and ${paths.length - 20} more` : ''}`,
    ...(queued.length > 0 ? [`on its way there: ${queued.join(', ')}`] : []),
  ];
  return shown(`${shortRevision(revision)} into ${stage}: ${change.summary}`, [
    { kind: 'lines', lines },
    { kind: 'text', text: change.text },
    ...ofFindings,
  ]);
}
