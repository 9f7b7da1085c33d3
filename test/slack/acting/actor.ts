import type { Ack, Delivery, DeliveryKind, DispatchError } from '../delivery/delivery.ts';
import type { Channel, JsonObject, Message, Person } from '../model.ts';
import type { ResponseUrls, TriggerIds } from '../tickets.ts';
import type { CallContext } from '../web-api/method.ts';
import { type ConfirmDialog, confirmOf, elementCalled } from './elements.ts';
import { commandPayload, interactionBase, messageContainer } from './payloads.ts';
import { respond } from './respond.ts';

export type ActingDesk = {
  readonly context: CallContext;
  readonly delivery: () => Delivery;
  readonly triggers: TriggerIds;
  readonly responseUrls: ResponseUrls;
};

/** What the person's client made of it. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly response: Message | undefined }
  /** Slack's own words under the composer or beside the button. */
  | { readonly kind: 'failed'; readonly error: DispatchError }
  /** The person read the dialog and said no. Nothing was sent. */
  | { readonly kind: 'dismissed'; readonly dialog: ConfirmDialog };

export type ClickOptions = {
  /** Answers the confirm dialog, if there is one. Default: yes. */
  readonly confirm?: (dialog: ConfirmDialog) => boolean;
};

/** One person at the keyboard. */
export class Actor {
  readonly person: Person;
  readonly #desk: ActingDesk;
  constructor(person: Person, desk: ActingDesk) {
    this.person = person;
    this.#desk = desk;
  }

  /** Types a slash command in a channel. `command` is with its slash. Resolves when the app has acknowledged, or has not in time. */
  async command(command: string, text: string, channelId: string): Promise<Outcome> {
    const { context, triggers, responseUrls } = this.#desk;
    const channel = this.#channel(channelId);
    const target = { user: this.person.id, channel: channel.id, messageTs: undefined };
    const responseUrl = `${context.baseUrl}${responseUrls.issue(target)}`;
    const given = { command, text, triggerId: triggers.issue(this.person.id), responseUrl };
    const ack = await this.#deliver('slash_commands', commandPayload(context.app, this.person, channel, given));
    if (ack.kind === 'failed') return { kind: 'failed', error: ack.error };
    const says = ack.payload.text !== undefined || ack.payload.blocks !== undefined;
    return { kind: 'delivered', response: says ? respond(target, ack.payload, context) : undefined };
  }

  /** Presses a button of a message that this person sees now. @throws Error when there is no such button */
  async click(message: Message, actionId: string, options: ClickOptions = {}): Promise<Outcome> {
    const { context, triggers, responseUrls } = this.#desk;
    const channel = this.#channel(message.channel);
    const now = context.state.message(message.channel, message.ts);
    if (!now || (now.visibleTo !== undefined && now.visibleTo !== this.person.id))
      throw new Error(`${this.person.name} does not see message ${message.ts}`);
    const placed = elementCalled(now.blocks, actionId);
    if (!placed) throw new Error(`no element "${actionId}" in message ${message.ts}`);
    const dialog = confirmOf(placed.element);
    if (dialog && !(options.confirm ?? (() => true))(dialog)) return { kind: 'dismissed', dialog };
    const target = { user: this.person.id, channel: channel.id, messageTs: now.ts };
    const responseUrl = `${context.baseUrl}${responseUrls.issue(target)}`;
    const { confirm: _dialog, ...element } = placed.element;
    const ack = await this.#deliver('interactive', {
      type: 'block_actions',
      ...interactionBase(context.app, this.person, triggers.issue(this.person.id)),
      ...messageContainer(context.app, now, channel, responseUrl),
      state: { values: {} },
      actions: [{ ...element, block_id: placed.blockId, action_ts: context.state.nextTs() }],
    });
    return ack.kind === 'failed' ? { kind: 'failed', error: ack.error } : { kind: 'delivered', response: undefined };
  }

  /** The messages of a channel that this person sees, oldest first, threads included. */
  sees(channelId: string): readonly Message[] {
    const messages = this.#desk.context.state.messagesIn(this.#channel(channelId).id);
    return messages.filter(({ visibleTo }) => visibleTo === undefined || visibleTo === this.person.id);
  }

  #deliver(kind: DeliveryKind, payload: JsonObject): Promise<Ack> {
    return this.#desk.delivery().deliver(kind, payload);
  }

  #channel(id: string): Channel {
    const channel = this.#desk.context.state.channels.get(id);
    if (!channel?.members.includes(this.person.id)) throw new Error(`${this.person.name} is not in channel ${id}`);
    return channel;
  }
}
