import { wakeVerification } from '../../engine/verification/advance-verification.ts';
import { addVerification, openVerification, readVerification } from '../../engine/verification/verification-rows.ts';
import type { Answer } from '../answer.ts';
import { shortRevision, shown } from '../answers.ts';
import { type Desk, decide, refuse } from '../execute/desk.ts';
import { verificationAnswer } from './verification-answer.ts';

/**
 * Has a revision proved for every stage, from what each target holds. Resolves once that is stored; workers do it. What is under way for
 * the same revision is shown instead of begun again.
 */
export async function verify(typed: string | undefined, desk: Desk): Promise<Answer> {
  const { ports, signal, caller } = desk;
  const { source } = ports;
  const revision = typed === undefined ? await source.head(signal) : await source.resolve(typed, signal);
  if (!revision)
    return refuse('unknown-revision', undefined, `the revision ${JSON.stringify(typed)}`, `a commit of ${source.name}`);
  if (!(await source.isReachable(revision, signal)))
    return refuse(
      'revision-not-reachable',
      undefined,
      `revision ${shortRevision(revision)}, which is not on ${source.name}`,
      'a revision that was merged: what is not runs in CI: mesh verify there',
    );
  return decide(desk, async (tx) => {
    const open = await openVerification(tx, revision);
    const under = open && (await readVerification(tx, open));
    if (under) return verificationAnswer(under, (id) => tx.evidence(id));
    const id = await addVerification(tx, { revision, askedBy: caller.identity, askedEpochMs: tx.nowEpochMs });
    await wakeVerification(tx, id);
    const lines = [`next: workers run every stage on every Envoy version; where it stands: why ${id}`];
    const begun = shown(`${id}: ${shortRevision(revision)} is being proved for every stage`, [
      { kind: 'lines', lines },
    ]);
    return { ...begun, verification: id };
  });
}
