import type { Answer } from '../pipeline/commands/answer.ts';
import { refused } from '../pipeline/commands/answers.ts';
import { engineFinding } from '../pipeline/engine/engine-finding.ts';
import type { PromotionId } from '../pipeline/ids.ts';
import type { BotRule } from './rules.ts';

/** What the bot itself has against it, as the pipeline's refusals are: with a rule that has an entry, what was seen and what helps. */
export const refusal = (rule: BotRule | 'changed-since', saw: string, want: string, promotion?: PromotionId): Answer =>
  refused(engineFinding(rule, undefined, saw, want), promotion);

/** The same in one line, for what has to be said with the acknowledgement. */
export const refusalWords = (rule: BotRule, words: string): string => `${words} (rule ${rule})`;
