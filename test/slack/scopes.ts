import { METHODS } from './web-api/methods.ts';

/** Every scope that some method here wants of a bot's token, and those that commands and mentions need. */
export const BOT_SCOPES: readonly string[] = [
  ...new Set([
    'commands',
    'app_mentions:read',
    ...METHODS.filter(({ token }) => token === 'bot').flatMap(({ scopes }) => scopes),
  ]),
].toSorted();
