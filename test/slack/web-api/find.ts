import type { Channel, JsonObject, Message, Person } from '../model.ts';
import { isObject } from '../model.ts';
import type { CallArguments } from './arguments.ts';
import type { CallContext } from './method.ts';
import { SlackError } from './slack-error.ts';

/** The channel of an argument, by id only, as Slack has wanted it for years for most methods. */
export function channelOf(args: CallArguments, { state }: CallContext): Channel {
  const channel = state.channels.get(args.required('channel'));
  if (!channel) throw new SlackError('channel_not_found');
  return channel;
}

/** A channel that the bot may write to. A user's id stands for the direct messages with that person. */
export function writableChannel(args: CallArguments, context: CallContext): Channel {
  const id = args.required('channel');
  const channel = context.state.people.has(id) ? directMessages(id, context) : channelOf(args, context);
  if (channel.archived) throw new SlackError('is_archived');
  if (!channel.members.includes(context.app.botUserId)) throw new SlackError('not_in_channel');
  return channel;
}

/** The direct messages of the bot with a person, opened if need be. */
export function directMessages(userId: string, { state, app }: CallContext): Channel {
  for (const channel of state.channels.values())
    if (channel.kind === 'im' && channel.members.includes(userId) && channel.members.includes(app.botUserId))
      return channel;
  const id = state.nextId('D');
  const channel: Channel = { id, name: id, kind: 'im', members: [userId, app.botUserId], archived: false };
  state.channels.set(id, channel);
  return channel;
}

/** A message that this app posted, not an ephemeral one: those have no `ts` that a method takes. */
export function ownMessage(args: CallArguments, context: CallContext, otherwise: string): Message {
  const channel = channelOf(args, context);
  const message = context.state.message(channel.id, args.required('ts'));
  if (!message || message.visibleTo !== undefined) throw new SlackError('message_not_found');
  if (message.botId !== context.app.botId) throw new SlackError(otherwise);
  return message;
}

export function personOf(args: CallArguments, { state }: CallContext, name = 'user'): Person {
  const person = state.people.get(args.required(name));
  if (!person) throw new SlackError('user_not_found');
  return person;
}

/** `metadata` of a message. @throws SlackError when it has no `event_type` or no `event_payload`. */
export function metadataOf(args: CallArguments): JsonObject | undefined {
  const metadata = args.object('metadata', 'invalid_metadata_format');
  if (!metadata) return undefined;
  if (typeof metadata.event_type !== 'string' || metadata.event_type === '' || !isObject(metadata.event_payload))
    throw new SlackError('invalid_metadata_schema', [
      'must have event_type and event_payload [json-pointer:/metadata]',
    ]);
  return metadata;
}
