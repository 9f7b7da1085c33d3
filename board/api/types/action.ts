import type { Answer } from '../../../pipeline/commands/answer.ts';
import type { Command, Query } from '../../../pipeline/commands/command.ts';
import type { SkippableGate } from '../../../pipeline/promotion/promotion.ts';

export type ActionKind = Command['kind'];

/** What a page can ask to be done: every command, and that a revision be proved without a promotion. */
export type Asked = Command | Extract<Query, { kind: 'verify' }>;

/** `POST /api/commands`: the same commands as in Slack and at the prompt, and the same answers. */
export type ActionRequest = {
  readonly command: Asked;
  /** Made by the page for one press of one button (a UUID): asked again under the same name, it is not done twice. */
  readonly request: string;
};
export type ActionAnswer = Answer;

/** What is to be said with a command, as the pipeline has it for every face. */
export type AskRules = {
  /** Whether others will want to know why. */
  readonly reasons: { readonly [K in Asked['kind']]: 'none' | 'optional' | 'needed' };
  /** In characters, where a reason is needed. */
  readonly reasonLength: { readonly least: number; readonly most: number };
  readonly skippableGates: readonly SkippableGate[];
};

/** The header that goes with every POST, with the value of `Me.csrf`. */
export const CSRF_HEADER = 'x-meshgate-csrf';
