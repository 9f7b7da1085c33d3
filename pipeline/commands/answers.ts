import type { Finding } from '../../render/finding.ts';
import { shortDigest } from '../../render/ids.ts';
import type { PromotionId, Revision } from '../ids.ts';
import { type Promotion, planOf } from '../promotion/promotion.ts';
import type { Answer, AnswerBlock } from './answer.ts';

export const done = (title: string, lines: readonly string[] = [], promotion?: PromotionId): Answer => ({
  kind: 'done',
  title,
  blocks: blocksOf(lines),
  findings: [],
  promotion,
});

export const refused = (finding: Finding, promotion?: PromotionId): Answer => ({
  kind: 'refused',
  title: `refused: ${finding.saw}`,
  blocks: blocksOf([`want ${finding.want}`]),
  findings: [finding],
  promotion,
});

export const shown = (title: string, blocks: readonly AnswerBlock[], promotion?: PromotionId): Answer => ({
  kind: 'shown',
  title,
  blocks,
  findings: [],
  promotion,
});

const blocksOf = (lines: readonly string[]): readonly AnswerBlock[] =>
  lines.length === 0 ? [] : [{ kind: 'lines', lines }];

export const shortRevision = (revision: Revision): string => revision.slice(0, 12);

/** `canary-17 (4f2a90c1d3e5 into canary)`: which, what and where; the revision as long as no digest is known. */
export function nameOf({ id, request, state }: Promotion): string {
  const digest = planOf(state)?.digest ?? request.digest;
  const what = digest ? `digest ${shortDigest(digest)}` : `revision ${shortRevision(request.revision)}`;
  return `${id} (${what} into ${request.stage})`;
}

/** Where it stands, as one phrase. */
export function standingOf({ state }: Promotion): string {
  switch (state.kind) {
    case 'queued':
      return `waits behind ${state.behind}`;
    case 'planning':
      return 'is being planned';
    case 'verifying':
      return 'is being proved on real Envoys';
    case 'gating':
      return `waits at its gates, verdict ${state.verdict.verdict}`;
    case 'pushing':
      return state.abort ? 'is being pushed, and will be taken back' : 'is being pushed';
    case 'observing':
      return 'was pushed, and the fleet is being watched';
    case 'undecided':
      return 'was pushed, and nobody can tell whether it is well: people decide';
    case 'unconfirmed':
      return 'was pushed, and waits for the second person of its broken glass';
    case 'rolling-back':
      return `is being rolled back: ${state.reason}`;
    case 'errored':
      return `erred during ${state.during}: ${state.message}`;
    case 'promoted':
      return 'is promoted';
    case 'rolled-back':
      return `was rolled back: ${state.reason}`;
    case 'rejected':
      return `was rejected: ${state.reason}`;
    case 'cancelled':
      return `was cancelled: ${state.reason}`;
    case 'superseded':
      return `was replaced by ${state.by}`;
    case 'expired':
      return `expired while it was ${state.was}`;
    default:
      return state satisfies never;
  }
}
