import { createHash } from 'node:crypto';
import { REASON_LENGTH } from '../../pipeline/commands/reason-length.ts';
import { decisionOf } from '../render/buttons.ts';
import { GATES_BLOCK, INPUT, REASON_BLOCK, REASON_MODAL, readModalState, STAGE_BLOCK } from '../render/modals.ts';
import type { From, InboxItem } from './inbox-item.ts';

/** What the body of a request is to the bot. */
export type ReadBody =
  | { readonly kind: 'item'; readonly item: InboxItem }
  /** A modal that was filled in wrongly: said at once, beside its fields. */
  | { readonly kind: 'incomplete'; readonly errors: Readonly<Record<string, string>> }
  | { readonly kind: 'ignored' };

type Body = { readonly [member: string]: unknown };
const IGNORED: ReadBody = { kind: 'ignored' };

/** Slack escapes these three in what people type. */
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const objectIn = (value: unknown): Body => (typeof value === 'object' && value !== null ? (value as Body) : {});
/** Without what no PostgreSQL stores (NUL, halves of surrogate pairs); people type neither. */
const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.replaceAll('\0', '\ufffd').toWellFormed() : undefined;

/** Slack's bodies are many-shaped; what is none of ours is ignored, never guessed at. */
export function readBody(raw: unknown): ReadBody {
  const body = objectIn(raw);
  if (typeof body.command === 'string') return readCommand(body);
  if (body.type === 'block_actions') return readAction(body);
  if (body.type === 'view_submission') return readSubmission(body);
  if (body.type === 'event_callback') return readEvent(body);
  return IGNORED;
}

function readCommand(body: Body): ReadBody {
  const from = fromOf(textIn(body.team_id), textIn(body.user_id), body, textIn(body.channel_id));
  if (!from) return IGNORED;
  const text = unescaped(textIn(body.text) ?? '');
  return item(`command:${from.triggerId ?? hashOf(body)}`, undefined, from, { kind: 'command', text });
}

function readAction(body: Body): ReadBody {
  const action = objectIn(Array.isArray(body.actions) ? body.actions[0] : undefined);
  const decision = decisionOf(textIn(action.action_id) ?? '');
  const user = objectIn(body.user);
  const from = fromOf(teamOf(user, body), textIn(user.id), body, textIn(objectIn(body.channel).id));
  if (!decision || !from) return IGNORED;
  const value = textIn(action.value) ?? '';
  const click = `click:${from.team}/${from.user}:${decision}:${hashOf(value)}`;
  const key = `action:${from.triggerId ?? ''}:${textIn(action.action_ts) ?? ''}:${click}`;
  return item(key, click, from, { kind: 'decision', decision, value });
}

function readSubmission(body: Body): ReadBody {
  const view = objectIn(body.view);
  if (view.callback_id !== REASON_MODAL) return IGNORED;
  const state = textIn(view.private_metadata);
  const modal = readModalState(state);
  const user = objectIn(body.user);
  const from = fromOf(teamOf(user, body), textIn(user.id), body, modal?.channel);
  const viewId = textIn(view.id);
  if (!modal || state === undefined || !from || viewId === undefined) return IGNORED;
  const values = objectIn(objectIn(view.state).values);
  const reason = (inputIn(values, REASON_BLOCK) ?? '').trim();
  const typedStage = inputIn(values, STAGE_BLOCK)?.trim();
  const errors: Record<string, string> = {};
  if (reason.length < REASON_LENGTH.least) errors[REASON_BLOCK] = 'Say why, in a few words.';
  if (modal.ask.kind === 'break-glass' && typedStage !== modal.ask.stage)
    errors[STAGE_BLOCK] = `Type the stage's name exactly: ${modal.ask.stage}`.slice(0, 150);
  const gates = modal.ask.kind === 'break-glass' ? tickedIn(values, GATES_BLOCK) : undefined;
  if (gates?.length === 0) errors[GATES_BLOCK] = 'Tick the gates to skip.';
  if (Object.keys(errors).length > 0) return { kind: 'incomplete', errors };
  return item(`view:${viewId}`, undefined, from, { kind: 'submission', state, reason, typedStage, gates });
}

function readEvent(body: Body): ReadBody {
  const event = objectIn(body.event);
  const user = textIn(event.user);
  const team = textIn(event.user_team) ?? textIn(event.team) ?? textIn(body.team_id);
  const from = fromOf(team, user, {}, textIn(event.channel));
  const key = `event:${textIn(body.event_id) ?? hashOf(body)}`;
  if (!from) return IGNORED;
  if (event.type === 'app_home_opened') {
    if (event.tab !== 'home') return IGNORED;
    return item(key, undefined, from, { kind: 'home', hash: textIn(objectIn(event.view).hash) });
  }
  // Bots that talk to bots never stop.
  if (event.type !== 'app_mention' || event.bot_id !== undefined) return IGNORED;
  const text = unescaped((textIn(event.text) ?? '').replaceAll(/<@[UW][A-Z0-9]+(\|[^>]*)?>/g, ' ').trim());
  const threadTs = textIn(event.thread_ts) ?? textIn(event.ts);
  return item(key, undefined, { ...from, threadTs }, { kind: 'mention', text });
}

const item = (key: string, clickKey: string | undefined, from: From, ask: InboxItem['ask']): ReadBody => ({
  kind: 'item',
  item: { key, clickKey, from, ask },
});

/**
 * Somebody of another workspace in a shared channel has a team of their own: that one counts. In an Enterprise organisation Slack gives
 * its id (`E…`) for `user.team_id`, and `team` may be null outside of any workspace; who people are is judged by the account that both
 * names lead to.
 */
const teamOf = (user: Body, body: Body): string | undefined =>
  textIn(user.team_id) ?? textIn(objectIn(body.team).id) ?? textIn(objectIn(body.enterprise).id);

function fromOf(
  team: string | undefined,
  user: string | undefined,
  body: Body,
  channel: string | undefined,
): From | undefined {
  if (team === undefined || user === undefined) return undefined;
  return {
    team,
    user,
    channel,
    threadTs: undefined,
    responseUrl: textIn(body.response_url),
    triggerId: textIn(body.trigger_id),
  };
}

const inputIn = (values: Body, block: string): string | undefined =>
  textIn(objectIn(objectIn(values[block])[INPUT]).value);

function tickedIn(values: Body, block: string): readonly string[] {
  const chosen = objectIn(objectIn(values[block])[INPUT]).selected_options;
  return (Array.isArray(chosen) ? chosen : []).flatMap((option) => textIn(objectIn(option).value) ?? []);
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
