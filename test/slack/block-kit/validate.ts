import { type JsonObject, textIn } from '../model.ts';
import { BLOCKS } from './blocks.ts';
import { plain } from './objects.ts';
import { also, byType, choice, complaint, flag, list, type Rule, repeated, shape, text } from './rules.ts';

/** Where blocks are shown: each surface has its own limits. */
export type Surface = 'message' | 'modal' | 'home';

const MOST_BLOCKS: Readonly<Record<Surface, number>> = { message: 50, modal: 100, home: 100 };
/**
 * Words in all the blocks of a message together. Slack documents no number; users have measured refusals from some 11,300 on and
 * Slack's staff name 12,000: github.com/slackapi/bolt-js/issues/2509 and 2867.
 */
const MOST_MESSAGE_TEXT = 12_000;

/** Everything that Slack would complain of, in its words; nothing when the blocks are fine. `at` is their JSON pointer. */
export function problemsOfBlocks(blocks: readonly JsonObject[], surface: Surface, at = '/blocks'): string[] {
  return [
    ...list(byType(BLOCKS), 0, MOST_BLOCKS[surface])(blocks, at),
    ...repeated(
      blocks.map((block, index) => ({ value: textIn(block.block_id), at: `${at}/${index}/block_id` })),
      'block_id',
    ),
  ];
}

/** True when Slack would answer `msg_blocks_too_long`. */
export const isTooMuchText = (blocks: readonly JsonObject[]): boolean => textLength(blocks) > MOST_MESSAGE_TEXT;
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + textLength(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, each]) => sum + (name === 'text' && typeof each === 'string' ? each.length : textLength(each)),
    0,
  );
}

const VIEW_MEMBERS: Readonly<Record<string, Rule>> = {
  'blocks!': list(byType(BLOCKS), 0, MOST_BLOCKS.modal),
  private_metadata: text(3000, 0),
  callback_id: text(255, 0),
  external_id: text(255, 0),
};
const modal = also(
  shape({
    ...VIEW_MEMBERS,
    'type!': choice('modal'),
    'title!': plain(24),
    submit: plain(24),
    close: plain(24),
    clear_on_close: flag,
    notify_on_close: flag,
    submit_disabled: flag,
  }),
  ({ blocks, submit }, at) =>
    Array.isArray(blocks) && blocks.some((block) => block?.type === 'input') && submit === undefined
      ? [complaint('missing required field: submit', at)]
      : [],
);
const view = byType({ modal, home: shape({ ...VIEW_MEMBERS, 'type!': choice('home') }) });

/** The same for a view. */
export const problemsOfView = (definition: JsonObject): string[] => [
  ...view(definition, '/view'),
  ...repeated(
    (Array.isArray(definition.blocks) ? definition.blocks : []).map((block, index) => ({
      value: textIn(block?.block_id),
      at: `/view/blocks/${index}/block_id`,
    })),
    'block_id',
  ),
];
