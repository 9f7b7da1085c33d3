import { withIds } from '../block-kit/give-ids.ts';
import { isTooMuchText, problemsOfBlocks } from '../block-kit/validate.ts';
import { isObject, type JsonObject } from '../model.ts';
import type { CallArguments } from './arguments.ts';
import type { CallContext } from './method.ts';
import { SlackError } from './slack-error.ts';

/** Longest text that Slack takes; longer is cut for a post and refused for an edit. Source: chat.postMessage, "Truncating content". */
const TEXT_MAX = 40_000;
const EDIT_TEXT_MAX = 4_000;

/** `text` and `blocks` of a message, checked. @throws SlackError */
export function contentOf(
  args: CallArguments,
  { state }: CallContext,
  method: string,
): { text: string; blocks: readonly JsonObject[] } {
  const blocks = args.json('blocks', 'invalid_blocks_format');
  if (blocks !== undefined && (!Array.isArray(blocks) || !blocks.every(isObject)))
    throw new SlackError('invalid_blocks_format');
  const checked = (blocks ?? []) as readonly JsonObject[];
  const problems = problemsOfBlocks(checked, 'message');
  if (problems.length > 0) throw new SlackError('invalid_blocks', problems);
  if (isTooMuchText(checked)) throw new SlackError('msg_blocks_too_long');
  let text = args.text('text') ?? '';
  if (text === '' && checked.length === 0 && !args.has('attachments')) throw new SlackError('no_text');
  if (text === '') state.warn('missing_text_in_message', method, 'blocks without a text to fall back on');
  if (method === 'chat.update' && text.length > EDIT_TEXT_MAX) throw new SlackError('msg_too_long');
  if (text.length > TEXT_MAX) {
    state.warn('message_truncated', method, `${text.length} characters`);
    text = text.slice(0, TEXT_MAX);
  }
  return { text: linked(text, args, state), blocks: withIds(checked, (prefix) => state.nextId(prefix)) };
}

/** With `link_names` or `parse: full`, bare @names become mentions, which an app rarely wants. */
function linked(text: string, args: CallArguments, state: CallContext['state']): string {
  if (!args.flag('link_names') && args.text('parse') !== 'full') return text;
  return text.replaceAll(/(?<![\w<!])@([a-z0-9._-]+)/g, (whole, name: string) => {
    if (['here', 'channel', 'everyone'].includes(name)) return `<!${name}>`;
    const group = [...state.groups.values()].find(({ handle }) => handle === name);
    const person = [...state.people.values()].find((each) => each.name === name);
    return group ? `<!subteam^${group.id}>` : person ? `<@${person.id}>` : whole;
  });
}
