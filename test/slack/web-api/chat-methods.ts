import { contentOf } from './content.ts';
import { channelOf, metadataOf, ownMessage, writableChannel } from './find.ts';
import type { Method } from './method.ts';
import { GENEROUS, POSTING, TIER_3, TIER_4 } from './rate-limits.ts';
import { messageForApi } from './render-message.ts';
import { SlackError } from './slack-error.ts';

const postMessage: Method = {
  name: 'chat.postMessage',
  token: 'bot',
  scopes: ['chat:write'],
  limit: POSTING,
  run(args, context) {
    const channel = writableChannel(args, context);
    const content = contentOf(args, context, 'chat.postMessage');
    const metadata = metadataOf(args);
    const threadTs = args.has('thread_ts') ? args.required('thread_ts') : undefined;
    // A reply to a reply goes to the thread of its root, and a thread that never was is refused.
    const parent = threadTs === undefined ? undefined : context.state.message(channel.id, threadTs);
    if (threadTs !== undefined && (!parent || parent.visibleTo !== undefined)) throw new SlackError('thread_not_found');
    const { botId, botUserId } = context.app;
    const message = context.state.post({
      channel: channel.id,
      user: botUserId,
      botId,
      ...content,
      metadata,
      threadTs: parent?.threadTs ?? parent?.ts,
      broadcast: args.flag('reply_broadcast'),
    });
    return { channel: channel.id, ts: message.ts, message: messageForApi(message, context.app, true) };
  },
};

const update: Method = {
  name: 'chat.update',
  token: 'bot',
  scopes: ['chat:write'],
  limit: TIER_3,
  run(args, context) {
    const message = ownMessage(args, context, 'cant_update_message');
    const { text, blocks } = contentOf(args, context, 'chat.update');
    // An edit that brings no blocks takes away those that were there, unless it brings no text either.
    const edited = context.state.edit(message, { text, blocks, metadata: metadataOf(args) });
    return {
      channel: message.channel,
      ts: message.ts,
      text: edited.text,
      message: messageForApi(edited, context.app, true),
    };
  },
};

const postEphemeral: Method = {
  name: 'chat.postEphemeral',
  token: 'bot',
  scopes: ['chat:write'],
  limit: TIER_4,
  run(args, context) {
    const channel = writableChannel(args, context);
    const user = args.required('user');
    if (!channel.members.includes(user)) throw new SlackError('user_not_in_channel');
    const content = contentOf(args, context, 'chat.postEphemeral');
    const threadTs = args.has('thread_ts') ? args.required('thread_ts') : undefined;
    const { botId, botUserId } = context.app;
    const message = context.state.post({
      channel: channel.id,
      user: botUserId,
      botId,
      ...content,
      threadTs,
      visibleTo: user,
    });
    return { message_ts: message.ts };
  },
};

const deleteMessage: Method = {
  name: 'chat.delete',
  token: 'bot',
  scopes: ['chat:write'],
  limit: TIER_3,
  run(args, context) {
    const message = ownMessage(args, context, 'cant_delete_message');
    context.state.remove(message);
    return { channel: message.channel, ts: message.ts };
  },
};

const getPermalink: Method = {
  name: 'chat.getPermalink',
  token: 'bot',
  scopes: [],
  limit: GENEROUS,
  run(args, context) {
    const channel = channelOf(args, context);
    const message = context.state.message(channel.id, args.required('message_ts'));
    if (!message) throw new SlackError('message_not_found');
    const thread = message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
    const permalink = `${context.baseUrl}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
    return { channel: channel.id, permalink };
  },
};

export const CHAT_METHODS: readonly Method[] = [postMessage, update, postEphemeral, deleteMessage, getPermalink];
