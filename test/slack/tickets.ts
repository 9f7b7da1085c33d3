import type { WorkspaceState } from './state.ts';
import { SlackError } from './web-api/slack-error.ts';

/** What lets an app open a modal: good for one call, within seconds. */
export class TriggerIds {
  readonly #issued = new Map<string, { user: string; untilEpochMs: number; used: boolean }>();
  readonly #state: WorkspaceState;
  readonly #validMs: number;
  constructor(state: WorkspaceState, validMs: number) {
    this.#state = state;
    this.#validMs = validMs;
  }

  issue(user: string): string {
    const id = `${this.#state.nextId('TR')}.${user}`;
    this.#issued.set(id, { user, untilEpochMs: this.#state.now() + this.#validMs, used: false });
    return id;
  }

  /** Whose it is. @throws SlackError `invalid_trigger_id`, `exchanged_trigger_id`, `expired_trigger_id` */
  take(id: string): string {
    const trigger = this.#issued.get(id);
    if (!trigger) throw new SlackError('invalid_trigger_id');
    if (trigger.used) throw new SlackError('exchanged_trigger_id');
    if (this.#state.now() > trigger.untilEpochMs) throw new SlackError('expired_trigger_id');
    trigger.used = true;
    return trigger.user;
  }
}

/** Where a response goes: to whom, in which channel, and which message it may replace. */
export type ResponseTarget = {
  readonly user: string;
  readonly channel: string;
  readonly messageTs: string | undefined;
};

/** Source: docs.slack.dev, "Handling user interaction": five uses within thirty minutes. */
const MOST_USES = 5;

export class ResponseUrls {
  readonly #issued = new Map<string, { target: ResponseTarget; untilEpochMs: number; uses: number }>();
  readonly #state: WorkspaceState;
  readonly #validMs: number;
  constructor(state: WorkspaceState, validMs: number) {
    this.#state = state;
    this.#validMs = validMs;
  }

  /** The path of a fresh one. */
  issue(target: ResponseTarget): string {
    const id = this.#state.nextId('R');
    this.#issued.set(id, { target, untilEpochMs: this.#state.now() + this.#validMs, uses: 0 });
    return `/actions/${id}`;
  }

  /** @throws SlackError `invalid_url`, `expired_url`, `used_url` */
  take(path: string): ResponseTarget {
    const issued = this.#issued.get(path.slice('/actions/'.length));
    if (!issued) throw new SlackError('invalid_url');
    if (this.#state.now() > issued.untilEpochMs) throw new SlackError('expired_url');
    if (issued.uses >= MOST_USES) throw new SlackError('used_url');
    issued.uses += 1;
    return issued.target;
  }
}
