import { userInfo } from 'node:os';
import type { Answer } from '../../pipeline/commands/answer.ts';
import { createPipeline } from '../../pipeline/commands/create-pipeline.ts';
import { parseWords } from '../../pipeline/commands/parse-command.ts';
import type { Caller } from '../../pipeline/commands/pipeline.ts';
import type { Word } from '../../pipeline/commands/words.ts';
import { readableMesh } from '../../pipeline/engine/source/readable-mesh.ts';
import { hasWorker } from '../../pipeline/engine/workers.ts';
import type { StageName } from '../../render/ids.ts';
import { answerText } from '../answer-text.ts';
import type { CommandContext } from '../command-context.ts';
import { enginePortsOf } from '../engine-ports.ts';
import { openStoreOf } from '../open-store.ts';
import { UsageError } from '../usage-error.ts';
import { followVerification } from './follow-verification.ts';

export type WordOptions = {
  readonly config?: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly reason?: string;
  readonly gates?: string;
};

/** Rules that say that nobody could tell: asked again, it may go well. */
const UNTOLD = new Set(['could-not-tell', 'people-unknown', 'policy-unknown']);

export const exitCodeOf = ({ kind, findings }: Answer): number =>
  kind !== 'refused' ? 0 : findings.some(({ rule }) => UNTOLD.has(rule)) ? 2 : 1;

/** Whoever is logged in: the operating system says who that is, and the store's file permissions (or password) who may say it. */
const caller = (): Caller => ({ via: 'cli', identity: `unix:${userInfo().username}` });

/** Resolves with the exit code: 0 done or shown, 1 refused, 2 nobody could tell. Rejects with `UsageError` and `StoreError`. */
export async function say(
  word: Word,
  words: readonly string[],
  options: WordOptions,
  context: CommandContext,
): Promise<number> {
  await using store = await openStoreOf(options.data, context);
  const ports = await enginePortsOf(options, context, { store, slack: undefined });
  const flags = [
    ...(options.reason === undefined ? [] : ['--reason', options.reason]),
    ...(options.gates === undefined ? [] : ['--gates', options.gates]),
  ];
  const tokens = [
    { text: word, quoted: false },
    ...flags.map((text, index) => ({ text, quoted: index % 2 === 1 })),
    ...words.map((text) => ({ text, quoted: /\s/.test(text) })),
  ];
  const parsed = parseWords(tokens, { stages: await stagesOf(ports) });
  if (parsed.kind === 'usage') throw new UsageError(parsed.problem);
  const pipeline = createPipeline(ports);
  const first =
    parsed.kind === 'command'
      ? await pipeline.execute(parsed.command, caller())
      : await pipeline.ask(parsed.query, caller());
  const isWork = parsed.kind === 'command' ? first.kind === 'done' : first.verification !== undefined;
  const isStill = isWork && !(await hasWorker(store, Date.now()));
  if (isStill)
    context.stderr.write(
      'mesh: no worker runs, so nothing goes on by itself: start `mesh worker` (it may be on any machine)\n',
    );
  const followed =
    word !== 'verify' || first.verification === undefined
      ? { answer: first, exitCode: exitCodeOf(first) }
      : isStill
        ? // Nobody would ever end it, and that it was taken is no pass.
          { answer: first, exitCode: 2 }
        : await followVerification(first.verification, store, context);
  const { answer, exitCode } = followed;
  context.stdout.write(options.json ? `${JSON.stringify({ exitCode, ...answer }, null, 2)}\n` : answerText(answer));
  return exitCode;
}

/** Only to know a stage's name by other letters; the pipeline says what is wrong with the repository. */
async function stagesOf(ports: Awaited<ReturnType<typeof enginePortsOf>>): Promise<readonly StageName[]> {
  try {
    return (await readableMesh(ports)).config.stages.map(({ name }) => name);
  } catch {
    return [];
  }
}
