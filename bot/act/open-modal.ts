import type { WebClient } from '@slack/web-api';
import { type ModalState, reasonModal } from '../render/modals.ts';
import { call, wordsOf } from '../slack/call.ts';

/** A `trigger_id` lives for 3 s; what is left of them must be enough for the call. */
const TRIGGER_MS = 2_800;

/** Opens the form for a reason. Undefined: it is open; else what to tell the person. */
export async function openModal(
  client: WebClient,
  triggerId: string | undefined,
  ageMs: number,
  state: ModalState,
  about: string,
): Promise<string | undefined> {
  if (triggerId === undefined) return 'no reason was given';
  if (ageMs > TRIGGER_MS) return 'Slack took too long to ask for the reason: press it again';
  const opened = await call(() => client.views.open({ trigger_id: triggerId, view: reasonModal(state, about) }));
  if (opened.kind === 'ok') return undefined;
  // The same press, delivered twice: the form is open.
  if (opened.kind === 'refused' && opened.error === 'exchanged_trigger_id') return undefined;
  return `Slack did not open the form (${wordsOf(opened)}): press it again`;
}
