import type { JsonObject, Message } from '../model.ts';
import type { AppIdentity } from './method.ts';

/** A message as the Web API and interaction payloads show it. */
export function messageForApi(message: Message, app: AppIdentity, withMetadata = false): JsonObject {
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: app.teamId,
    ...(message.botId === undefined ? {} : { bot_id: message.botId, app_id: app.appId }),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.editedTs === undefined ? {} : { edited: { user: message.user, ts: message.editedTs } }),
    ...(withMetadata && message.metadata ? { metadata: message.metadata } : {}),
    ...(message.reactions.length > 0
      ? { reactions: message.reactions.map(({ name, users }) => ({ name, users, count: users.length })) }
      : {}),
  };
}
