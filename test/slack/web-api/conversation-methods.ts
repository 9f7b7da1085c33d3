import { type Channel, type JsonObject, type Message, textIn } from '../model.ts';
import type { CallArguments } from './arguments.ts';
import { channelOf, directMessages } from './find.ts';
import type { CallContext, Method } from './method.ts';
import { TIER_2, TIER_3, TIER_4 } from './rate-limits.ts';
import { messageForApi } from './render-message.ts';
import { SlackError } from './slack-error.ts';

const READ = ['channels:read', 'groups:read', 'im:read'];
const HISTORY = ['channels:history', 'groups:history', 'im:history'];

const channelForApi = (channel: Channel, { app }: CallContext): JsonObject => ({
  id: channel.id,
  name: channel.name,
  is_channel: channel.kind === 'public',
  is_private: channel.kind !== 'public',
  is_im: channel.kind === 'im',
  is_archived: channel.archived,
  is_member: channel.members.includes(app.botUserId),
  num_members: channel.members.length,
});

/** One page of a list, and the cursor of the next. */
export function pageOf<T>(
  all: readonly T[],
  args: CallArguments,
  atMost: number,
): { page: readonly T[]; cursor: string } {
  const from = args.has('cursor')
    ? Number(Buffer.from(args.required('cursor'), 'base64').toString().slice('at:'.length))
    : 0;
  if (!Number.isInteger(from) || from < 0) throw new SlackError('invalid_cursor');
  const to = from + args.count('limit', 100, atMost);
  return { page: all.slice(from, to), cursor: to < all.length ? Buffer.from(`at:${to}`).toString('base64') : '' };
}

/** Newest or oldest first within `oldest` and `latest`, as pages. */
function messagesPage(found: readonly Message[], args: CallArguments, context: CallContext): JsonObject {
  const oldest = args.text('oldest') ?? '0';
  const latest = args.text('latest') ?? '9999999999.999999';
  const inclusive = args.flag('inclusive');
  const within = found.filter(({ ts }) => (inclusive ? ts >= oldest && ts <= latest : ts > oldest && ts < latest));
  const { page, cursor } = pageOf(within, args, 999);
  const withMetadata = args.flag('include_all_metadata');
  return {
    messages: page.map((message) => {
      const replies = context.state.messagesIn(message.channel).filter(({ threadTs }) => threadTs === message.ts);
      const thread = replies.length > 0 ? { thread_ts: message.ts, reply_count: replies.length } : {};
      return { ...messageForApi(message, context.app, withMetadata), ...thread };
    }),
    has_more: cursor !== '',
    ...(cursor === '' ? {} : { response_metadata: { next_cursor: cursor } }),
  };
}
const readable = (args: CallArguments, context: CallContext): readonly Message[] => {
  const channel = channelOf(args, context);
  if (!channel.members.includes(context.app.botUserId)) throw new SlackError('not_in_channel');
  return context.state.messagesIn(channel.id).filter(({ visibleTo }) => visibleTo === undefined);
};

const history: Method = {
  name: 'conversations.history',
  token: 'bot',
  scopes: HISTORY,
  limit: TIER_3,
  run: (args, context) => {
    const roots = readable(args, context).filter(({ threadTs, broadcast }) => threadTs === undefined || broadcast);
    return messagesPage(roots.toReversed(), args, context);
  },
};

const replies: Method = {
  name: 'conversations.replies',
  token: 'bot',
  scopes: HISTORY,
  limit: TIER_3,
  run: (args, context) => {
    const root = args.required('ts');
    const found = readable(args, context).filter(({ ts, threadTs }) => ts === root || threadTs === root);
    if (found.length === 0) throw new SlackError('thread_not_found');
    return messagesPage(found, args, context);
  },
};

const KIND_NAMES: Readonly<Record<Channel['kind'], string>> = {
  public: 'public_channel',
  private: 'private_channel',
  im: 'im',
};
const list: Method = {
  name: 'conversations.list',
  token: 'bot',
  scopes: READ,
  limit: TIER_2,
  run(args, context) {
    const types = (args.text('types') ?? 'public_channel').split(',');
    const found = [...context.state.channels.values()].filter(
      ({ kind, archived }) => types.includes(KIND_NAMES[kind]) && !(archived && args.flag('exclude_archived')),
    );
    const { page, cursor } = pageOf(found, args, 999);
    return { channels: page.map((each) => channelForApi(each, context)), response_metadata: { next_cursor: cursor } };
  },
};

const info: Method = {
  name: 'conversations.info',
  token: 'bot',
  scopes: READ,
  limit: TIER_3,
  run: (args, context) => ({ channel: channelForApi(channelOf(args, context), context) }),
};

const members: Method = {
  name: 'conversations.members',
  token: 'bot',
  scopes: READ,
  limit: TIER_4,
  run(args, context) {
    const { page, cursor } = pageOf(channelOf(args, context).members, args, 999);
    return { members: page, response_metadata: { next_cursor: cursor } };
  },
};

const open: Method = {
  name: 'conversations.open',
  token: 'bot',
  scopes: ['im:write'],
  limit: TIER_3,
  run(args, context) {
    const users = textIn(args.raw.users).split(',').filter(Boolean);
    if (users.length !== 1 || users[0] === undefined) throw new SlackError('users_list_not_supplied');
    const person = context.state.people.get(users[0]);
    if (!person || person.isBot) throw new SlackError('user_not_found');
    if (person.deleted) throw new SlackError('user_disabled');
    return { channel: { id: directMessages(person.id, context).id } };
  },
};

export const CONVERSATION_METHODS: readonly Method[] = [history, replies, list, info, members, open];
