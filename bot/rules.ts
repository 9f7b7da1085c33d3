import type { Severity } from '../render/finding.ts';

/** What the bot itself refuses, before the pipeline is asked. Entries: `docs/errors/bot.md`. */
export const BOT_RULES = [
  { code: 'already-decided', severity: 'error', summary: 'The button or form came after the decision.' },
  {
    code: 'asked-too-long-ago',
    severity: 'error',
    summary: 'It lay too long before it could be done, and was not done.',
  },
  {
    code: 'form-not-opened',
    severity: 'error',
    summary: 'The reason was not asked for: the form could not be opened in time.',
  },
  {
    code: 'not-done',
    severity: 'error',
    summary: 'It could not be done for five minutes, and nobody could tell why not.',
  },
  { code: 'not-of-ours', severity: 'error', summary: 'A button or form that belongs to no promotion.' },
  { code: 'not-stored', severity: 'error', summary: 'The store did not answer, so nothing was done.' },
  { code: 'not-understood', severity: 'error', summary: 'The words are none of the commands.' },
  {
    code: 'other-workspace',
    severity: 'error',
    summary: 'The command came from a workspace in which this bot is not installed.',
  },
] as const satisfies readonly { readonly code: string; readonly severity: Severity; readonly summary: string }[];

export type BotRule = (typeof BOT_RULES)[number]['code'];
