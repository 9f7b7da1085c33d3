import { COMMAND_WORDS, QUERY_WORDS } from './command.ts';

export type Word = (typeof COMMAND_WORDS)[number] | (typeof QUERY_WORDS)[number];
export const WORDS: readonly Word[] = [...COMMAND_WORDS, ...QUERY_WORDS];

/** Other names that people reach for. */
export const ALIASES: Readonly<Record<string, Word>> = {
  diff: 'plan',
  log: 'history',
  glass: 'break-glass',
  '?': 'help',
};

/** What follows a word: in this order, then the reason. */
export type WordHelp = {
  readonly args: readonly { readonly name: 'STAGE' | 'ID' | 'REV' | 'DIGEST' | 'WORD'; readonly optional: boolean }[];
  /** Whether words may follow that say why; `needed`: they must. */
  readonly reason: 'none' | 'optional' | 'needed';
  readonly does: string;
  readonly example: string;
};

const STAGE = { name: 'STAGE', optional: false } as const;
const ID = { name: 'ID', optional: false } as const;
const maybe = (name: WordHelp['args'][number]['name']) => ({ name, optional: true }) as const;

/** One for each word; Slack, the command line and `help` say the same. */
export const HELP: { readonly [W in Word]: WordHelp } = {
  promote: {
    args: [STAGE, maybe('REV')],
    reason: 'optional',
    does: 'moves a revision into a stage: default is what the stage before holds, and for the first stage the head of the protected branch',
    example: 'promote canary 4f2a90c because the search timeout is fixed',
  },
  approve: {
    args: [ID],
    reason: 'optional',
    does: 'says yes to what a promotion would push, or to keeping what nobody could judge',
    example: 'approve canary-17',
  },
  reject: {
    args: [ID],
    reason: 'needed',
    does: 'says no to a promotion',
    example: 'reject canary-17 because the weights are swapped',
  },
  cancel: {
    args: [ID],
    reason: 'optional',
    does: 'takes a request back, as long as nothing was pushed',
    example: 'cancel canary-17',
  },
  retry: {
    args: [ID],
    reason: 'none',
    does: 'tries again what erred, or asks again for what ended otherwise',
    example: 'retry canary-17',
  },
  rollback: {
    args: [STAGE, maybe('DIGEST')],
    reason: 'needed',
    does: 'goes back to what was good, at once; the stage is held then',
    example: 'rollback canary because 5xx since 14:05',
  },
  release: {
    args: [STAGE],
    reason: 'optional',
    does: 'ends the hold of a stage',
    example: 'release canary because the cause is fixed',
  },
  freeze: {
    args: [maybe('STAGE')],
    reason: 'needed',
    does: 'lets no promotion into a stage, or into any',
    example: 'freeze release because the sale is on',
  },
  unfreeze: {
    args: [maybe('STAGE')],
    reason: 'optional',
    does: 'ends a freeze that somebody called',
    example: 'unfreeze release',
  },
  stop: {
    args: [],
    reason: 'needed',
    does: 'stops the pushes of all stages; rolling back stays possible',
    example: 'stop because the data centre is on fire',
  },
  resume: { args: [], reason: 'optional', does: 'ends the stop', example: 'resume' },
  'break-glass': {
    args: [ID, STAGE],
    reason: 'needed',
    does: 'skips gates of a promotion (--gates order,soak,freeze,approvals,owners) with the stage typed once more; a second person confirms, or it is undone',
    example: 'break-glass canary-17 canary --gates approvals because nobody else is awake',
  },
  confirm: {
    args: [ID],
    reason: 'none',
    does: 'confirms a broken glass, as the second person',
    example: 'confirm canary-17',
  },
  reconcile: {
    args: [STAGE],
    reason: 'optional',
    does: 'puts what was promoted back into the target of a stage',
    example: 'reconcile canary',
  },
  adopt: {
    args: [STAGE],
    reason: 'optional',
    does: 'takes what is in the target of a stage as a promotion, once it is proved',
    example: 'adopt canary because the hotfix stays',
  },
  status: { args: [], reason: 'none', does: 'shows all stages', example: 'status' },
  plan: {
    args: [STAGE, maybe('REV')],
    reason: 'none',
    does: 'shows what a promotion would change, without one',
    example: 'plan canary',
  },
  why: {
    args: [maybe('ID')],
    reason: 'none',
    does: 'tells where a promotion stands, who can move it and when it ends; without a name, of all that are open',
    example: 'why canary-17',
  },
  history: { args: [maybe('STAGE')], reason: 'none', does: 'shows the latest promotions', example: 'history canary' },
  verify: {
    args: [maybe('REV')],
    reason: 'none',
    does: 'has a revision proved for every stage, from what each target holds, without a promotion; it runs on workers, and why verify:7 tells where it stands',
    example: 'verify main',
  },
  help: { args: [maybe('WORD')], reason: 'none', does: 'tells what the words do', example: 'help rollback' },
};

/** `promote STAGE [REV] [because …]` */
export function usageOf(word: Word): string {
  const { args, reason } = HELP[word];
  const parts = args.map(({ name, optional }) => (optional ? `[${name}]` : name));
  const gates = word === 'break-glass' ? ['--gates GATE,GATE'] : [];
  const why = { none: [], optional: ['[because …]'], needed: ['because …'] }[reason];
  return [word, ...parts, ...gates, ...why].join(' ');
}
