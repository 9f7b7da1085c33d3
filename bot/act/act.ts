import type { WebClient } from '@slack/web-api';
import type { Answer } from '../../pipeline/commands/answer.ts';
import type { Command, Query } from '../../pipeline/commands/command.ts';
import type { Caller, Pipeline } from '../../pipeline/commands/pipeline.ts';
import type { VerificationId } from '../../pipeline/ids.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { Claimed } from '../inbox/inbox.ts';
import { identityOf } from '../inbox/inbox-item.ts';
import { refusal } from '../refusal.ts';
import { type ModalState, readModalState } from '../render/modals.ts';
import { type Asked, askOfCommand } from './ask-reason.ts';
import { decide } from './decide.ts';
import { openModal } from './open-modal.ts';
import { commandOf } from './submitted.ts';

/** What a person's words were understood as: the same parser as the command line's. */
export type Parsed =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'usage'; readonly problem: string };

export type ActPorts = {
  readonly pipeline: Pipeline;
  readonly read: PipelineReader;
  readonly parse: (text: string) => Promise<Parsed>;
  readonly client: WebClient;
  /** Shows a verification where it was asked for, until it has ended. */
  readonly follow: (verification: VerificationId, from: Claimed['item']['from']) => Promise<void>;
  readonly showHome: (from: Claimed['item']['from'], caller: Caller, hash: string | undefined) => Promise<void>;
};

/** Intent that lay for so long (the store was away) is not done any more: people have long done something else. */
export const STALE_MS = 15 * 60_000;

/** Does what somebody asked for. Resolves with what they are told; undefined: they see it already. No decision is made here. */
export async function act(claimed: Claimed, ports: ActPorts): Promise<Answer | undefined> {
  const { item, key, ageMs } = claimed;
  const { ask, from } = item;
  const caller: Caller = { via: 'slack', identity: identityOf(from), request: key };
  if (ageMs > STALE_MS && claimed.attempt === 1)
    return refusal(
      'asked-too-long-ago',
      `this was asked ${Math.round(ageMs / 60_000)} minutes ago and was not done`,
      'asked again, if it is still meant',
    );
  switch (ask.kind) {
    case 'command':
    case 'mention':
      return typed(ask.text, claimed, caller, ports);
    case 'decision': {
      const next = await decide(ask, ports.read);
      if (next.kind === 'answer') return next.answer;
      if (next.kind === 'execute') return ports.pipeline.execute(next.command, caller);
      return modal(next.asked, claimed, ports);
    }
    case 'submission': {
      const state = readModalState(ask.state);
      if (!state) return refusal('not-of-ours', 'a form that is none of ours', 'a form that this bot opened');
      const next = await commandOf(state.ask, ask, ports.read);
      return next.kind === 'answer' ? next.answer : ports.pipeline.execute(next.command, caller);
    }
    case 'home':
      await ports.showHome(from, caller, ask.hash);
      return undefined;
    default:
      return ask satisfies never;
  }
}

async function typed(text: string, claimed: Claimed, caller: Caller, ports: ActPorts): Promise<Answer | undefined> {
  const parsed = await ports.parse(text);
  if (parsed.kind === 'usage') return refusal('not-understood', parsed.problem, 'one of the commands that help lists');
  if (parsed.kind === 'query') {
    const answer = await ports.pipeline.ask(parsed.query, caller);
    // Asked under a name, it is answered the same after a crash, so it is followed even then.
    if (parsed.query.kind === 'verify' && answer.verification !== undefined)
      await ports.follow(answer.verification, claimed.item.from);
    return answer;
  }
  const asked = await askOfCommand(parsed.command, ports.read);
  if (!asked) return ports.pipeline.execute(parsed.command, caller);
  return modal(asked, claimed, ports);
}

async function modal(asked: Asked, claimed: Claimed, { client }: ActPorts): Promise<Answer | undefined> {
  const { from } = claimed.item;
  const state: ModalState = { ask: asked.ask, channel: from.channel };
  const problem = await openModal(client, from.triggerId, claimed.ageMs, state, asked.about);
  if (problem === undefined) return undefined;
  return refusal('form-not-opened', problem, asked.inWords);
}
