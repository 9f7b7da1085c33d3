import { APP_METHODS } from './app-methods.ts';
import { CHAT_METHODS } from './chat-methods.ts';
import { CONVERSATION_METHODS } from './conversation-methods.ts';
import { FILE_METHODS } from './file-methods.ts';
import type { Method } from './method.ts';
import { PEOPLE_METHODS } from './people-methods.ts';
import { REACTION_METHODS } from './reaction-methods.ts';
import { VIEW_METHODS } from './view-methods.ts';

/** Every Web API method that this workspace answers; any other is `unknown_method`. */
export const METHODS: readonly Method[] = [
  ...APP_METHODS,
  ...CHAT_METHODS,
  ...CONVERSATION_METHODS,
  ...PEOPLE_METHODS,
  ...VIEW_METHODS,
  ...FILE_METHODS,
  ...REACTION_METHODS,
];
