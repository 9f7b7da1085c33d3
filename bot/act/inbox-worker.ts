import type { Answer } from '../../pipeline/commands/answer.ts';
import type { Claimed, Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import type { Rush } from '../receive/rush.ts';
import { refusal } from '../refusal.ts';
import { answerMessage } from '../render/answer-message.ts';
import type { SourceLink } from '../render/finding-lines.ts';
import type { BotTiming } from '../settings.ts';
import type { Reply } from './reply.ts';

export type WorkerPorts = {
  readonly inbox: Inbox;
  readonly act: (claimed: Claimed) => Promise<Answer | undefined>;
  readonly reply: Reply;
  readonly rush: Pick<Rush, 'over'>;
  readonly link: SourceLink;
  readonly timing: BotTiming;
  readonly log: Log;
};

/** At once, in this process. The pipeline takes intents one after the other anyway. */
const CONCURRENT = 8;
/** What fails for so long is answered with its failure. */
const TRY_FOR_MS = 5 * 60_000;
/** A reply that nobody could be given for so long is given up. */
const REPLY_FOR_MS = 60 * 60_000;

/** Does what lies in the inbox: woken by what is stored here, and looking now and then for what other replicas left. */
export class InboxWorker {
  readonly #ports: WorkerPorts;
  readonly #running = new Set<Promise<void>>();
  #pumping = false;
  #again = false;
  #stopped = false;

  constructor(ports: WorkerPorts) {
    this.#ports = ports;
  }

  wake(): void {
    if (this.#stopped) return;
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    void this.#pump().finally(() => {
      this.#pumping = false;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** Resolves when what was begun here is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled([...this.#running]);
  }

  async #pump(): Promise<void> {
    // One after the other while people still wait at the door: their turns stay short, and a stream of them does not stop all work.
    const most = (await this.#ports.rush.over()) ? CONCURRENT : 1;
    const free = most - this.#running.size;
    if (free <= 0 || this.#stopped) return;
    const claimed = await this.#ports.inbox.claim(free).catch((error: unknown) => {
      this.#ports.log('warn', `the inbox cannot be read: ${wordsOf(error)}`);
      return [];
    });
    for (const each of claimed) {
      const run = this.#one(each).finally(() => {
        this.#running.delete(run);
        this.wake();
      });
      this.#running.add(run);
    }
  }

  async #one(claimed: Claimed): Promise<void> {
    const { inbox, timing, log } = this.#ports;
    const heartbeat = setInterval(() => void inbox.renew(claimed).catch(() => {}), timing.leaseMs / 3);
    try {
      const answer = claimed.answer === undefined ? await this.#act(claimed) : (JSON.parse(claimed.answer) as Answer);
      if (answer) {
        // Kept first: after a crash it is said again, not done again.
        if (claimed.answer === undefined && !(await inbox.answered(claimed, JSON.stringify(answer)))) return;
        if (!(await this.#say(claimed, answer))) return;
      }
      await inbox.done(claimed);
    } catch (error) {
      log('warn', `${claimed.key}: ${wordsOf(error)}`);
      const pause = Math.min(60_000, timing.backoffMs * 2 ** Math.min(claimed.attempt - 1, 6));
      // If this fails as well, the lease ends by itself.
      await inbox.release(claimed, pause).catch(() => {});
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #act(claimed: Claimed): Promise<Answer | undefined> {
    try {
      return await this.#ports.act(claimed);
    } catch (error) {
      if (claimed.ageMs < TRY_FOR_MS) throw error;
      return refusal(
        'not-done',
        `it could not be done, and nobody could tell why not: ${wordsOf(error)}`,
        'another try later, or ./mesh',
      );
    }
  }

  /** False: to be said again later. */
  async #say(claimed: Claimed, answer: Answer): Promise<boolean> {
    const { inbox, reply, link, timing, log } = this.#ports;
    const { ageMs, item } = claimed;
    const result = await reply(item.from, ageMs, answerMessage(answer, link));
    if (result.kind === 'sent') return true;
    log('warn', `${claimed.key}: no answer could be given: ${result.why}`);
    if (result.kind === 'hopeless' || ageMs > REPLY_FOR_MS) return true;
    await inbox.release(claimed, Math.min(60_000, timing.backoffMs * 2 ** Math.min(claimed.attempt - 1, 6)));
    return false;
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
