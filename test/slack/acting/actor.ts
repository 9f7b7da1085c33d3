import type { Ack, Delivery, DeliveryKind } from '../delivery/delivery.ts';
import type { Channel, JsonObject, Message, Person, View } from '../model.ts';
import type { ResponseUrls, TriggerIds } from '../tickets.ts';
import { directMessages } from '../web-api/find.ts';
import type { CallContext } from '../web-api/method.ts';
import { SlackError } from '../web-api/slack-error.ts';
import { type ConfirmDialog, confirmOf, elementCalled } from './elements.ts';
import { chosenIn, complaintsOf, type Filled, stateValues } from './forms.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { commandPayload, eventPayload, interactionBase, messageContainer, viewForApi } from './payloads.ts';
import { respond } from './respond.ts';
import { closeViews, followSubmission, modalsOf } from './views.ts';

/** What acting needs of the workspace. */
export type ActingDesk = {
  readonly context: CallContext;
  readonly delivery: () => Delivery;
  readonly triggers: TriggerIds;
  readonly responseUrls: ResponseUrls;
};

export type ClickOptions = {
  /** Answers the confirm dialog, if there is one. Default: yes. */
  readonly confirm?: (dialog: ConfirmDialog) => boolean;
  /** What is chosen, for anything but a button. */
  readonly value?: string | readonly string[];
  /** What else has been filled in around it. */
  readonly filled?: Filled;
};

/** One person at the keyboard. */
export class Actor {
  readonly person: Person;
  readonly #desk: ActingDesk;
  /** @throws Error for somebody who has left, since they cannot act */
  constructor(person: Person, desk: ActingDesk) {
    if (person.deleted) throw new Error(`${person.name} is deactivated and cannot act`);
    this.person = person;
    this.#desk = desk;
  }

  /** Types a slash command in a channel. `command` is with its slash. Resolves when the app has acknowledged, or has not in time. */
  async command(command: string, text: string, channelId: string): Promise<Outcome> {
    const { context, triggers } = this.#desk;
    const channel = this.#channel(channelId);
    const target = { user: this.person.id, channel: channel.id, messageTs: undefined };
    const responseUrl = this.#responseUrl(channel, undefined);
    const given = { command, text, triggerId: triggers.issue(this.person.id), responseUrl };
    const ack = await this.#deliver('slash_commands', commandPayload(context.app, this.person, channel, given));
    if (ack.kind === 'failed') return { kind: 'failed', error: ack.error };
    const says = ack.payload.text !== undefined || ack.payload.blocks !== undefined;
    try {
      return { kind: 'delivered', response: says ? respond(target, ack.payload, context) : undefined };
    } catch (error) {
      return this.#refusedAnswer(error);
    }
  }

  /** Presses a button, or chooses in a menu, of a message or view that this person sees now. @throws Error when it is not there */
  async click(target: Message | View, actionId: string, options: ClickOptions = {}): Promise<Outcome> {
    const { context, triggers } = this.#desk;
    const now = 'kind' in target ? this.#openView(target) : this.#visible(target);
    const blocks = 'kind' in now ? (now.definition.blocks as readonly JsonObject[]) : now.blocks;
    const placed = elementCalled(blocks, actionId);
    if (!placed) throw new Error(`no element "${actionId}" there`);
    const dialog = confirmOf(placed.element);
    if (dialog && !(options.confirm ?? (() => true))(dialog)) return { kind: 'dismissed', dialog };
    const values = stateValues(blocks, options.filled ?? {});
    const { confirm: _dialog, ...element } = placed.element;
    const action = element.type === 'button' ? element : chosenIn(element, options.value);
    const around =
      'kind' in now
        ? { container: { type: 'view', view_id: now.id }, view: viewForApi(context.app, now, values) }
        : messageContainer(
            context.app,
            now,
            this.#channel(now.channel),
            this.#responseUrl(this.#channel(now.channel), now.ts),
          );
    const ids = { action_id: actionId, block_id: placed.blockId, action_ts: context.state.nextTs() };
    const ack = await this.#deliver('interactive', {
      type: 'block_actions',
      ...interactionBase(context.app, this.person, triggers.issue(this.person.id)),
      ...around,
      state: { values },
      actions: [{ ...action, ...ids }],
    });
    return outcomeOf(ack);
  }

  /** Sends a modal's form. The client's own checks come first, as in Slack. */
  async submit(view: View, filled: Filled = {}): Promise<Outcome> {
    const { context, triggers } = this.#desk;
    const now = this.#openView(view);
    const blocks = now.definition.blocks as readonly JsonObject[];
    const values = stateValues(blocks, filled);
    const complaints = complaintsOf(blocks, values);
    if (Object.keys(complaints).length > 0) return { kind: 'refused', by: 'client', errors: complaints };
    const ack = await this.#deliver('interactive', {
      type: 'view_submission',
      ...interactionBase(context.app, this.person, triggers.issue(this.person.id)),
      view: viewForApi(context.app, now, values),
      response_urls: [],
    });
    if (ack.kind === 'failed') return outcomeOf(ack);
    try {
      const errors = followSubmission(now, ack.payload, context);
      return errors ? { kind: 'refused', by: 'app', errors } : outcomeOf(ack);
    } catch (error) {
      return this.#refusedAnswer(error);
    }
  }

  /** Closes a modal without sending it. The app hears of it only if the view asks for that. */
  async close(view: View): Promise<Outcome> {
    const { context, triggers } = this.#desk;
    const now = this.#openView(view);
    const { clear_on_close: clears, notify_on_close: notifies } = now.definition;
    closeViews(clears === true ? modalsOf(this.person.id, context) : [now], context);
    if (notifies !== true) return { kind: 'delivered', response: undefined };
    const ack = await this.#deliver('interactive', {
      type: 'view_closed',
      ...interactionBase(context.app, this.person, triggers.issue(this.person.id)),
      view: viewForApi(context.app, now),
      is_cleared: clears === true,
    });
    return outcomeOf(ack);
  }

  /** Opens the app's Home tab. Resolves when the event has been taken; what the app publishes then is in `home`. */
  async openHome(): Promise<Outcome> {
    const { context } = this.#desk;
    const { home } = this;
    const event = {
      type: 'app_home_opened',
      user: this.person.id,
      channel: directMessages(this.person.id, context).id,
      tab: 'home',
      event_ts: context.state.nextTs(),
      ...(home ? { view: viewForApi(context.app, home) } : {}),
    };
    return outcomeOf(await this.#deliver('events_api', eventPayload(context, event)));
  }

  /** Writes a message. A mention of the app becomes an event, whose delivery is `taken`. */
  say(text: string, channelId: string, threadTs?: string): { message: Message; taken: Promise<Outcome> } {
    const { context } = this.#desk;
    const channel = this.#channel(channelId);
    const message = context.state.post({ channel: channel.id, user: this.person.id, text, threadTs });
    if (!text.includes(`<@${context.app.botUserId}>`))
      return { message, taken: Promise.resolve({ kind: 'delivered', response: undefined }) };
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    const event = { type: 'app_mention', user: this.person.id, text, ts: message.ts, channel: channel.id, ...thread };
    const payload = eventPayload(context, { ...event, event_ts: message.ts });
    return { message, taken: this.#deliver('events_api', payload).then(outcomeOf) };
  }

  /** The messages of a channel that this person sees, oldest first, threads included. */
  sees(channelId: string): readonly Message[] {
    const messages = this.#desk.context.state.messagesIn(this.#channel(channelId).id);
    return messages.filter(({ visibleTo }) => visibleTo === undefined || visibleTo === this.person.id);
  }
  /** Open modals, the one on top last. */
  get modals(): readonly View[] {
    return modalsOf(this.person.id, this.#desk.context);
  }
  /** The Home tab as published for this person. */
  get home(): View | undefined {
    return [...this.#desk.context.state.views.values()].find(
      ({ kind, user }) => kind === 'home' && user === this.person.id,
    );
  }

  #deliver(kind: DeliveryKind, payload: JsonObject): Promise<Ack> {
    const id = `${this.#desk.context.state.nextId('E').toLowerCase()}-${kind}`;
    return this.#desk.delivery().deliver(kind, payload, id);
  }
  #responseUrl(channel: Channel, messageTs: string | undefined): string {
    const { context, responseUrls } = this.#desk;
    return `${context.baseUrl}${responseUrls.issue({ user: this.person.id, channel: channel.id, messageTs })}`;
  }
  /** The app acknowledged with something that Slack would not show. */
  #refusedAnswer(error: unknown): Outcome {
    if (!(error instanceof SlackError)) throw error;
    this.#desk.context.state.warn('invalid_response', 'acknowledgement', error.message);
    return { kind: 'failed', error: 'http_client_error' };
  }
  #channel(id: string): Channel {
    const channel = this.#desk.context.state.channels.get(id);
    if (!channel?.members.includes(this.person.id)) throw new Error(`${this.person.name} is not in channel ${id}`);
    return channel;
  }
  #visible({ channel, ts }: Message): Message {
    const now = this.#desk.context.state.message(channel, ts);
    if (!now || (now.visibleTo !== undefined && now.visibleTo !== this.person.id))
      throw new Error(`${this.person.name} does not see message ${ts}`);
    return now;
  }
  #openView({ id }: View): View {
    const now = this.#desk.context.state.views.get(id);
    if (now?.user !== this.person.id) throw new Error(`${this.person.name} does not see view ${id}`);
    return now;
  }
}
