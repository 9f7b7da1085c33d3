import type { Button, KnownBlock } from '@slack/types';
import { type Binding, bindingOf } from '../../pipeline/promotion/approval.ts';
import { canGoBack, type Promotion, planOf } from '../../pipeline/promotion/promotion.ts';
import { shortDigest } from '../../render/ids.ts';
import { LIMITS, plain } from './blocks.ts';

const DECISIONS = ['approve', 'reject', 'cancel', 'rollback', 'retry', 'confirm', 'break-glass'] as const;
export type Decision = (typeof DECISIONS)[number];

/** What a button carries: what its reader saw when they pressed it. */
export type ButtonValue = {
  readonly promotion: string;
  readonly version: number;
  readonly binding: string | undefined;
};

const ACTION_PREFIX = 'mesh_';
export const actionId = (decision: Decision): string => `${ACTION_PREFIX}${decision}`;
export const decisionOf = (id: string): Decision | undefined => DECISIONS.find((decision) => actionId(decision) === id);

/**
 * What can be decided in this state; a first delivery cannot be taken back, only refused where nobody could tell. Empty in a terminal
 * state, but that what is live may be rolled back where there was something before it.
 */
export function decisionsIn(promotion: Promotion, canBeTakenBack: boolean): readonly Decision[] {
  const { state, glass } = promotion;
  const back: readonly Decision[] = canGoBack(state) ? ['rollback'] : [];
  const no: readonly Decision[] = canGoBack(state) ? ['rollback'] : ['reject'];
  const confirm: readonly Decision[] = glass && glass.confirmedBy === undefined ? ['confirm'] : [];
  switch (state.kind) {
    case 'queued':
    case 'planning':
    case 'verifying':
      return [...confirm, 'cancel'];
    case 'gating':
      // Gates are all that a broken glass skips, so the button is there when they are what keeps a promotion; last, and a form follows
      // in which the stage is typed and the gates are ticked. A rollback waits at none of them.
      return [
        ...(['approve', 'reject'] as const),
        ...confirm,
        'cancel',
        ...(glass || promotion.request.purpose === 'rollback' ? [] : (['break-glass'] as const)),
      ];
    case 'pushing':
      return state.abort ? [] : [...confirm, ...back];
    case 'observing':
      return [...confirm, ...back];
    case 'undecided':
      return ['approve', ...confirm, ...no];
    case 'unconfirmed':
      return ['confirm', ...no];
    case 'errored':
      return ['retry', 'cancel'];
    case 'promoted':
      return canBeTakenBack ? ['rollback'] : [];
    case 'rolling-back':
    case 'rolled-back':
    case 'rejected':
    case 'cancelled':
    case 'superseded':
    case 'expired':
      return [];
    default:
      return state satisfies never;
  }
}

/** The binding of what is decided, where there is something to bind to. */
export const bindingIn = ({ state }: Promotion): Binding | undefined =>
  state.kind === 'gating' ? bindingOf(state.plan, state.verdict) : undefined;

/** The buttons of a promotion's message, or nothing. */
export function buttonsOf(promotion: Promotion, canBeTakenBack: boolean): KnownBlock[] {
  const decisions = decisionsIn(promotion, canBeTakenBack);
  if (decisions.length === 0) return [];
  return [{ type: 'actions', block_id: 'decisions', elements: decisions.map((each) => buttonOf(promotion, each)) }];
}

export function buttonOf(promotion: Promotion, decision: Decision): Button {
  const { label, verb, style } = WORDS[decision];
  const words = decision === 'approve' && promotion.state.kind === 'undecided' ? WORDS.accept : { label, verb };
  return {
    type: 'button',
    action_id: actionId(decision),
    text: plain(words.label, LIMITS.buttonText),
    value: JSON.stringify({
      promotion: promotion.id,
      version: promotion.version,
      binding: bindingIn(promotion),
    } satisfies ButtonValue),
    ...(style ? { style } : {}),
    confirm: {
      title: plain(`${words.label} ${promotion.id}?`, LIMITS.confirmTitle),
      text: plain(whatIsDecided(promotion, words.verb), LIMITS.confirmText),
      confirm: plain(words.label, LIMITS.confirmButton),
      deny: plain('Not now', LIMITS.confirmButton),
      ...(style ? { style } : {}),
    },
  };
}

const WORDS = {
  approve: { label: 'Approve', verb: 'Lets', style: 'primary' },
  accept: { label: 'Take it', verb: 'Keeps' },
  reject: { label: 'Reject', verb: 'Refuses', style: 'danger' },
  cancel: { label: 'Cancel', verb: 'Ends the promotion of', style: undefined },
  rollback: { label: 'Roll back', verb: 'Takes back', style: 'danger' },
  retry: { label: 'Retry', verb: 'Plans anew', style: undefined },
  confirm: { label: 'Confirm broken glass', verb: 'Confirms, as the second person,', style: 'primary' },
  'break-glass': { label: 'Break glass…', verb: 'Skips gates, in an emergency, for', style: 'danger' },
} as const;

/** Names stage, digest and blast radius. Courtesy, not security: the pipeline checks everything again. */
export function whatIsDecided(promotion: Promotion, verb: string): string {
  const plan = planOf(promotion.state);
  const digest = plan?.digest ?? promotion.request.digest;
  const what = digest ? shortDigest(digest) : `revision ${promotion.request.revision.slice(0, 12)}`;
  return `${verb} ${what} in stage ${promotion.request.stage}. ${plan ? `Blast radius: ${plan.blastRadius}` : 'Nothing was planned yet.'}`;
}

/** A button's value from outside; undefined for anything that is none. */
export function readButtonValue(text: string | undefined): ButtonValue | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { promotion, version, binding } = value as Record<string, unknown>;
    if (typeof promotion !== 'string' || typeof version !== 'number') return undefined;
    return { promotion, version, binding: typeof binding === 'string' ? binding : undefined };
  } catch {
    return undefined;
  }
}
