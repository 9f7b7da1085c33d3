import { type Digest, shortDigest } from '../../../render/ids.ts';
import { progressOf } from '../../engine/matrix/progress.ts';
import { openIn } from '../../engine/requests.ts';
import type { Answer, AnswerBlock } from '../answer.ts';
import { shortRevision, shown, standingOf } from '../answers.ts';
import type { Desk } from '../execute/desk.ts';
import { atTime } from '../times.ts';

/** The board: what each stage has, what is on its way, and what keeps it. */
export async function status(desk: Desk): Promise<Answer> {
  const { store } = desk.ports;
  const rows: string[][] = [['stage', 'live', 'since', 'on its way', 'kept by']];
  const { config, instead, revision } = await desk.mesh();
  for (const { name } of config.stages) {
    const { live, hold, freeze, drift } = await store.read.stage(name);
    const open = await openIn(store.read, name);
    const queued = (await store.read.openPromotions(name))
      .filter(({ state }) => state.kind === 'queued')
      .map(({ id }) => id);
    const progress =
      open && ['verifying', 'observing'].includes(open.state.kind) ? await progressOf(store, open) : undefined;
    const kept = [
      hold && `held: ${hold.reason}`,
      freeze && `frozen by ${freeze.by}: ${freeze.reason}`,
      drift &&
        `drift (${drift.kind}): ${drift.saw.replaceAll(/\b[0-9a-f]{64}\b/g, (digest) => shortDigest(digest as Digest))}`,
    ].filter((one) => one !== undefined);
    rows.push([
      name,
      live ? `${shortDigest(live.digest)} of ${shortRevision(live.revision)} (${live.promotion})` : 'nothing',
      live ? atTime(live.atEpochMs) : '',
      open
        ? [
            `${open.id} ${standingOf(open)}`,
            ...(progress ? [progress] : []),
            ...(queued.length > 0 && !queued.includes(open.id) ? [`then ${queued.join(', ')}`] : []),
          ].join('; ')
        : '',
      kept.join('; '),
    ]);
  }
  const { stopped } = await store.read.line();
  const lines = [
    ...(stopped ? [`all stages are stopped by ${stopped.by}: ${stopped.reason}`] : []),
    ...(instead === undefined ? [] : [`${instead}; the stages are those of ${shortRevision(revision)}`]),
  ];
  const ofAll: AnswerBlock[] = lines.length > 0 ? [{ kind: 'lines', lines }] : [];
  return shown('the stages', [...ofAll, { kind: 'table', rows }]);
}
