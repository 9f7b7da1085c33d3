import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../pipeline/commands/answer.ts';
import { standing, verificationAnswer } from '../../pipeline/commands/ask/verification-answer.ts';
import type { Verification } from '../../pipeline/engine/verification/verification.ts';
import { readVerification } from '../../pipeline/engine/verification/verification-rows.ts';
import type { VerificationId } from '../../pipeline/ids.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { CommandContext } from '../command-context.ts';

const LOOK_EVERY_MS = 500;
const EXIT_CODES = { pass: 0, fail: 1, inconclusive: 2 } as const;

/**
 * Waits until workers have proved it, and tells on stderr how far they are. Resolves with how it stands then, and 0, 1 or 2 as `mesh
 * verify`. Stopped before, it goes on without anybody watching; the signal's reason is what this rejects with.
 */
export async function followVerification(
  id: VerificationId,
  store: PipelineStore,
  { signal, stderr }: Pick<CommandContext, 'signal' | 'stderr'>,
): Promise<{ readonly answer: Answer; readonly exitCode: number }> {
  let said = '';
  for (;;) {
    const seen = await readVerification(store, id);
    if (!seen) throw new Error(`${id} is gone`);
    const line = `${id}: ${standing(seen)}${seen.message === undefined ? '' : `: ${seen.message}`}\n`;
    if (line !== said) stderr.write(line);
    said = line;
    if (seen.state === 'ended') return { answer: await answerOf(seen, store), exitCode: exitCodeOf(seen) };
    try {
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    } catch (stopped) {
      stderr.write(`mesh: ${id} goes on without you: mesh why ${id} tells where it stands\n`);
      throw stopped;
    }
  }
}

const answerOf = (seen: Verification, { read }: PipelineStore): Promise<Answer> =>
  verificationAnswer(seen, (evidence) => read.evidence(evidence));

const exitCodeOf = ({ verdict }: Verification): number => EXIT_CODES[verdict ?? 'inconclusive'];
