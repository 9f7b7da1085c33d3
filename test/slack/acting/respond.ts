import { type JsonObject, type Message, textIn } from '../model.ts';
import type { ResponseTarget } from '../tickets.ts';
import { CallArguments } from '../web-api/arguments.ts';
import { contentOf } from '../web-api/content.ts';
import type { CallContext } from '../web-api/method.ts';

/**
 * What an app answers to a command or an interaction, in its acknowledgement or at the response URL: a new message, for that person
 * alone unless `in_channel`; or the replacement or the end of the message that was acted on.
 * @throws SlackError as chat.postMessage does
 */
export function respond(target: ResponseTarget, body: JsonObject, context: CallContext): Message | undefined {
  const { state, app } = context;
  const original = target.messageTs === undefined ? undefined : state.message(target.channel, target.messageTs);
  const args = new CallArguments(body);
  if (args.flag('delete_original')) {
    if (original) state.remove(original);
    return undefined;
  }
  const content = contentOf(args, context, 'response_url');
  if (args.flag('replace_original') && original) return state.edit(original, content);
  return state.post({
    channel: target.channel,
    user: app.botUserId,
    botId: app.botId,
    ...content,
    threadTs: args.text('thread_ts') ?? original?.threadTs,
    visibleTo: textIn(body.response_type) === 'in_channel' ? undefined : target.user,
  });
}
