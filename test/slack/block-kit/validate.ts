import type { JsonObject } from '../model.ts';

/** Where blocks are shown: each surface has its own limits. */
export type Surface = 'message' | 'modal' | 'home';

/** Everything that Slack would complain of, in its words; none when the blocks are fine. */
export function problemsOfBlocks(blocks: readonly JsonObject[], surface: Surface): string[] {
  const most = surface === 'message' ? 50 : 100;
  return blocks.length > most ? [`no more than ${most} items allowed [json-pointer:/blocks]`] : [];
}
