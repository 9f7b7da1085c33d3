import { expect, test } from 'vitest';
import type { PromotionView } from '../../board/api/types/promotion.ts';
import type { StagesView } from '../../board/api/types/stages.ts';
import type { RunningBoard } from '../../board/server/start-board.ts';
import type { Answer } from '../../pipeline/commands/answer.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import { shortDigest } from '../../render/ids.ts';
import type { World } from '../pipeline/engine/engine-world.ts';
import { get } from './board-world.ts';

const GATE_LINE = /^(?:stop|hold|order|verdict|soak|freeze|approvals|owners): /;
const linesOf = ({ blocks }: Answer): readonly string[] =>
  blocks.flatMap((block) => (block.kind === 'lines' ? block.lines : []));

/** The page of a promotion and the answer to `why` say the same: its state, what keeps it, gate by gate, who moves it on, and how. */
export function expectSameWhy({ promotion, why, gates }: PromotionView, answer: Answer): void {
  expect(answer.promotion).toBe(promotion.id);
  expect(answer.title).toMatch(new RegExp(`^${promotion.id} \\(.*\\) ${promotion.standing}$`));
  const lines = linesOf(answer);
  expect(why?.reasons.length).toBeGreaterThan(0);
  expect(lines).toEqual(expect.arrayContaining([...(why?.reasons ?? [])]));
  expect(lines).toContain(`moved on by: ${why?.owners.join(', ')}`);
  expect(lines).toEqual(expect.arrayContaining((why?.waysOut ?? []).map(({ command, does }) => `${command}: ${does}`)));
  const shut = gates.flatMap(({ gate, state }) => (state.kind === 'waiting' ? [`${gate}: ${state.reason}`] : []));
  // Nothing of these tests is closed by a gate: those that are not open wait.
  expect(gates.every(({ state }) => state.kind === 'open' || state.kind === 'waiting')).toBe(true);
  expect(lines.filter((line) => GATE_LINE.test(line))).toEqual(shut);
}

/** The home page and the answer to `status`: the stages, what is live and on its way in each, what keeps them. */
export function expectSameStatus({ stages, stopped }: StagesView, answer: Answer): void {
  const [table] = answer.blocks.flatMap((block) => (block.kind === 'table' ? [block.rows.slice(1)] : []));
  const live = (stage: StagesView['stages'][number]): string =>
    stage.live
      ? `${shortDigest(stage.live.digest)} of ${stage.live.revision.slice(0, 12)} (${stage.live.promotion})`
      : 'nothing';
  expect(table?.map(([name, held, , way]) => [name, held, way])).toEqual(
    stages.map((stage) => {
      const { name, onTheWay } = stage;
      return [name, live(stage), onTheWay ? `${onTheWay.promotion.id} ${onTheWay.promotion.standing}` : ''];
    }),
  );
  expect(table?.map((row) => row[4])).toEqual(
    stages.map(({ hold, freeze }) =>
      [hold && `held: ${hold.reason}`, freeze && `frozen by ${freeze.by}: ${freeze.reason}`].filter(Boolean).join('; '),
    ),
  );
  expect(linesOf(answer)).toEqual(stopped ? [`all stages are stopped by ${stopped.by}: ${stopped.reason}`] : []);
}

/** Over a world whose second promotion into canary waits at its gates. */
export function sameWords(now: () => { readonly mesh: World; readonly board: RunningBoard }): void {
  test('what the pages say of a promotion at its gates, and of the stages, is what people are answered elsewhere', async () => {
    const { mesh, board } = now();
    const eve = { via: 'cli', identity: 'unix:eve' } as const;
    const promotion = `${mesh.canary}-2` as PromotionId;
    const view = await get<PromotionView>(board, `/api/promotions/${promotion}`);
    expect(view.gates.some(({ state }) => state.kind === 'waiting')).toBe(true);
    expectSameWhy(view, await mesh.pipeline.ask({ kind: 'why', promotion }, eve));
    expectSameStatus(await get(board, '/api/stages'), await mesh.pipeline.ask({ kind: 'status' }, eve));
  });
}
