import type { Finding } from '../../render/finding.ts';
import type { PromotionId, VerificationId } from '../ids.ts';

/**
 * What a command or a question is answered: plain words, the same in Slack and on the command line. Nothing in it is markup: each face
 * escapes for itself, as texts of configs and people are data.
 */
export type Answer = {
  readonly kind: 'done' | 'refused' | 'shown';
  /** One line. */
  readonly title: string;
  readonly blocks: readonly AnswerBlock[];
  /** Why it was refused; the rule has an entry in `docs/errors.md`. */
  readonly findings: readonly Finding[];
  /** The promotion that it is about. */
  readonly promotion: PromotionId | undefined;
  /** The verification that was begun, or is under way: a face may follow it. */
  readonly verification?: VerificationId;
};

export type AnswerBlock =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** Short cells; the first row is the head. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  /** Long or aligned text, such as a diff. */
  | { readonly kind: 'text'; readonly text: string };
