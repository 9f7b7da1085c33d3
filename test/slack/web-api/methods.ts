import { APP_METHODS } from './app-methods.ts';
import { CHAT_METHODS } from './chat-methods.ts';
import type { Method } from './method.ts';

/** Every Web API method that this workspace answers; any other is `unknown_method`. */
export const METHODS: readonly Method[] = [...APP_METHODS, ...CHAT_METHODS];
