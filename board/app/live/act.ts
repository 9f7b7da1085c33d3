import { boardClient } from '../../api/board-client.ts';
import { type ActionAnswer, type ActionRequest, CSRF_HEADER } from '../../api/types/action.ts';
import { answers } from './board-answers.ts';
import { answerOf } from './problem.ts';
import { readMe } from './reads.ts';

const api = boardClient(location.origin).api;

/**
 * Asks for something to be done. `asked.request` names the press of a button: sent again under the same name it is done once. Resolves
 * with what the pipeline answers, a refusal included; rejects with `ApiError`, or for a server that cannot be reached.
 */
export async function act(asked: ActionRequest, csrf: string): Promise<ActionAnswer> {
  const response = await api.commands.$post({ json: asked }, { headers: { [CSRF_HEADER]: csrf } });
  return answerOf<ActionAnswer>(response);
}

/** Ends the session here. */
export async function signOut(csrf: string): Promise<void> {
  await fetch('/sign-out', { method: 'POST', headers: { [CSRF_HEADER]: csrf } });
  answers.refetch(readMe);
}
