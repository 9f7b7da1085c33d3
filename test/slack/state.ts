import { EventEmitter } from 'node:events';
import type { Channel, JsonObject, Message, Notification, Person, UserGroup, View, Warning } from './model.ts';
import { mentionsIn, mrkdwnTextsIn, parseMrkdwn } from './mrkdwn.ts';

export type Clock = { readonly nowEpochMs: () => number };
export type NewMessage = Pick<Message, 'channel' | 'user' | 'text'> & Partial<Message>;

/** All that a workspace remembers. Every change is announced, so that pages and waiting tests need not poll. */
export class WorkspaceState {
  readonly people = new Map<string, Person>();
  readonly groups = new Map<string, UserGroup>();
  readonly channels = new Map<string, Channel>();
  readonly views = new Map<string, View>();
  readonly notifications: Notification[] = [];
  readonly warnings: Warning[] = [];
  readonly #messages = new Map<string, Message[]>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #clock: Clock;
  #lastTsMicros = 0;
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.nowEpochMs();
  }

  /** Unique and increasing within the workspace, also when the clock stands or goes back. */
  nextTs(): string {
    this.#lastTsMicros = Math.max(Math.round(this.now() * 1000), this.#lastTsMicros + 1);
    const seconds = Math.floor(this.#lastTsMicros / 1_000_000);
    return `${seconds}.${String(this.#lastTsMicros % 1_000_000).padStart(6, '0')}`;
  }

  /** Ids of the kind that Slack gives: a capital letter, then capitals and digits. */
  nextId(prefix: string): string {
    this.#lastId += 1;
    return `${prefix}0LOCAL${this.#lastId.toString(36).toUpperCase().padStart(4, '0')}`;
  }

  /** Calls `listener` after each change until `stop` is called. */
  onChange(listener: () => void): { stop(): void } {
    this.#changes.on('change', listener);
    return { stop: () => this.#changes.off('change', listener) };
  }
  changed(): void {
    this.#changes.emit('change');
  }

  /** Oldest first, threads included. */
  messagesIn(channel: string): readonly Message[] {
    return this.#messages.get(channel) ?? [];
  }
  message(channel: string, ts: string): Message | undefined {
    return this.messagesIn(channel).find((message) => message.ts === ts);
  }

  post(fresh: NewMessage): Message {
    const message: Message = {
      botId: undefined,
      blocks: [],
      metadata: undefined,
      threadTs: undefined,
      broadcast: false,
      editedTs: undefined,
      history: [],
      reactions: [],
      visibleTo: undefined,
      ...fresh,
      ts: this.nextTs(),
    };
    this.#messages.set(message.channel, [...this.messagesIn(message.channel), message]);
    this.#notify(message, true);
    this.changed();
    return message;
  }

  edit(
    message: Message,
    change: { text: string; blocks: readonly JsonObject[]; metadata?: JsonObject | undefined },
  ): Message {
    const editedTs = this.nextTs();
    const edited: Message = {
      ...message,
      ...change,
      metadata: change.metadata ?? message.metadata,
      editedTs,
      history: [...message.history, { text: message.text, blocks: message.blocks, untilTs: editedTs }],
    };
    this.#replace(edited);
    this.#notify(edited, false);
    this.changed();
    return edited;
  }

  react(message: Message, name: string, user: string): void {
    const others = message.reactions.filter((reaction) => reaction.name !== name);
    const users = message.reactions.find((reaction) => reaction.name === name)?.users ?? [];
    this.#replace({ ...message, reactions: [...others, { name, users: [...users, user] }] });
    this.changed();
  }

  remove(message: Message): void {
    this.#messages.set(
      message.channel,
      this.messagesIn(message.channel).filter(({ ts }) => ts !== message.ts),
    );
    this.changed();
  }

  warn(code: string, method: string, detail: string): void {
    this.warnings.push({ code, method, detail });
  }

  #replace(message: Message): void {
    this.#messages.set(
      message.channel,
      this.messagesIn(message.channel).map((other) => (other.ts === message.ts ? message : other)),
    );
  }

  #notify(message: Message, pings: boolean): void {
    const audience = message.visibleTo === undefined ? undefined : [message.visibleTo];
    const members = this.channels.get(message.channel)?.members ?? [];
    const already = new Set(
      this.notifications
        .filter(({ ts, channel }) => ts === message.ts && channel === message.channel)
        .map(({ userId }) => userId),
    );
    for (const mention of mentionsIn([message.text, ...mrkdwnTextsIn(message.blocks)].flatMap(parseMrkdwn))) {
      const named =
        mention.kind === 'user'
          ? [mention.id]
          : mention.kind === 'usergroup'
            ? (this.groups.get(mention.id)?.members ?? [])
            : mention.kind === 'broadcast'
              ? members
              : [];
      for (const userId of named) {
        if (
          already.has(userId) ||
          this.people.get(userId)?.deleted !== false ||
          (audience && !audience.includes(userId))
        )
          continue;
        if (userId === message.user) continue;
        already.add(userId);
        this.notifications.push({ userId, channel: message.channel, ts: message.ts, because: mention.source, pings });
      }
    }
  }
}
