import type { Answer } from '../../../pipeline/commands/answer.ts';
import type { Command } from '../../../pipeline/commands/command.ts';

export type ActionKind = Command['kind'];

/** `POST /api/commands`: the same commands as in Slack and at the prompt, and the same answers. */
export type ActionRequest = {
  readonly command: Command;
  /** Made by the page for one press of one button (a UUID): asked again under the same name, it is not done twice. */
  readonly request: string;
};
export type ActionAnswer = Answer;

/** The header that goes with every POST, with the value of `Me.csrf`. */
export const CSRF_HEADER = 'x-meshgate-csrf';
