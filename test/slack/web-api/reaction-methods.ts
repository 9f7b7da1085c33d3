import { writableChannel } from './find.ts';
import type { Method } from './method.ts';
import { TIER_3 } from './rate-limits.ts';
import { SlackError } from './slack-error.ts';

const addReaction: Method = {
  name: 'reactions.add',
  token: 'bot',
  scopes: ['reactions:write'],
  limit: TIER_3,
  run(args, context) {
    const channel = writableChannel(args, context);
    const message = context.state.message(channel.id, args.required('timestamp'));
    if (!message || message.visibleTo !== undefined) throw new SlackError('message_not_found');
    const name = args.required('name');
    if (!/^[a-z0-9_+'-]+$/.test(name)) throw new SlackError('invalid_name');
    const given = message.reactions.find((reaction) => reaction.name === name)?.users ?? [];
    if (given.includes(context.app.botUserId)) throw new SlackError('already_reacted');
    context.state.react(message, name, context.app.botUserId);
    return {};
  },
};

export const REACTION_METHODS: readonly Method[] = [addReaction];
