import { COMMAND_WORDS } from '../../pipeline/commands/command.ts';
import { REASON_LENGTH } from '../../pipeline/commands/reason-length.ts';
import { HELP } from '../../pipeline/commands/words.ts';
import { SKIPPABLE_GATES } from '../../pipeline/promotion/promotion.ts';
import type { AskRules } from '../api/types/action.ts';

/** What the pipeline wants said with each command: pages ask for it and know no rule of their own. */
export const ASK_RULES: AskRules = {
  reasons: Object.fromEntries(
    [...COMMAND_WORDS, 'verify' as const].map((word) => [word, HELP[word].reason]),
  ) as AskRules['reasons'],
  reasonLength: REASON_LENGTH,
  skippableGates: SKIPPABLE_GATES,
};
