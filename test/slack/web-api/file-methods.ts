import { objectsIn, textIn } from '../model.ts';
import { writableChannel } from './find.ts';
import type { Method } from './method.ts';
import { TIER_4 } from './rate-limits.ts';
import { SlackError } from './slack-error.ts';

const getUploadUrl: Method = {
  name: 'files.getUploadURLExternal',
  token: 'bot',
  scopes: ['files:write'],
  limit: TIER_4,
  run(args, { state, uploads, baseUrl }) {
    const length = Number(args.required('length'));
    if (!Number.isInteger(length) || length < 1)
      throw new SlackError('invalid_arguments', ['length must be a positive integer']);
    const id = state.nextId('F');
    uploads.set(id, { id, name: args.required('filename'), length, bytes: undefined });
    return { upload_url: `${baseUrl}/upload/${id}`, file_id: id };
  },
};

const completeUpload: Method = {
  name: 'files.completeUploadExternal',
  token: 'bot',
  scopes: ['files:write'],
  limit: TIER_4,
  run(args, context) {
    const wanted = objectsIn(args.json('files', 'invalid_arguments'));
    if (wanted.length === 0) throw new SlackError('invalid_arguments', ['missing required field: files']);
    const files = wanted.map((file) => {
      const upload = context.uploads.get(textIn(file.id));
      if (!upload?.bytes) throw new SlackError('file_not_found');
      return { id: upload.id, name: upload.name, title: textIn(file.title) || upload.name, size: upload.length };
    });
    const channelId = args.text('channel_id');
    if (channelId !== undefined) {
      const channel = writableChannel(args.with('channel', channelId), context);
      const { botId, botUserId } = context.app;
      const text = [args.text('initial_comment') ?? '', ...files.map(({ title }) => `(file: ${title})`)]
        .join('\n')
        .trim();
      context.state.post({ channel: channel.id, user: botUserId, botId, text, threadTs: args.text('thread_ts') });
    }
    return { files: files.map(({ id, title }) => ({ id, title })) };
  },
};

export const FILE_METHODS: readonly Method[] = [getUploadUrl, completeUpload];
