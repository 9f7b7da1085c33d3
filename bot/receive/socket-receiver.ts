import { setTimeout as sleep } from 'node:timers/promises';
import { type App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { Log } from '../log.ts';
import { boltLogger } from '../slack/slack-client.ts';

export type SocketReceiverOptions = {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly callMs: number;
  /** First pause before a new connection; doubles up to half a minute. */
  readonly backoffMs: number;
  readonly log: Log;
};

const LONGEST_BACKOFF_MS = 30_000;
/** Slack greets a socket at once; one that it does not greet is given up. */
const HELLO_MS = 20_000;

/**
 * Slack over a WebSocket that we open. The library gives up on some failures, and an outage would then end the process or leave it deaf;
 * so it does not reconnect by itself, and this does, for as long as it runs.
 */
export class SteadySocketReceiver implements Receiver {
  readonly #bolt: SocketModeReceiver;
  readonly #options: SocketReceiverOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #connected = false;

  constructor(options: SocketReceiverOptions) {
    this.#options = options;
    const { appToken, apiUrl, callMs, log } = options;
    const clientOptions = {
      retryConfig: { retries: 0 },
      timeout: callMs,
      ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    };
    this.#bolt = new SocketModeReceiver({
      appToken,
      autoReconnectEnabled: false,
      logger: boltLogger(log),
      installerOptions: { clientOptions },
    });
  }

  get connected(): boolean {
    return this.#connected;
  }
  init(app: App): void {
    this.#bolt.init(app);
  }

  /** Resolves once the first connection stands, or its first failure is logged: the bot starts also while Slack is away. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#running = this.#run(resolve);
    });
  }
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#bolt.client.disconnect().catch(() => {});
    await this.#running;
  }

  async #run(started: () => void): Promise<void> {
    const { signal } = this.#stopping;
    const { log, backoffMs } = this.#options;
    const { client } = this.#bolt;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const closed = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
        await this.#connect();
        this.#connected = true;
        failures = 0;
        log('info', 'connected to Slack');
        started();
        await closed;
        if (!signal.aborted) log('info', 'the socket closed; connecting again');
      } catch (error) {
        if (signal.aborted) break;
        failures += 1;
        log('warn', `no connection to Slack: ${error instanceof Error ? error.message : String(error)}`);
        started();
        // Spread out, so that replicas do not come back all at once.
        const pause = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** Math.min(failures - 1, 10));
        await sleep(pause / 2 + (pause / 2) * Math.random(), undefined, { signal }).catch(() => {});
      } finally {
        this.#connected = false;
      }
    }
  }

  async #connect(): Promise<void> {
    const { client } = this.#bolt;
    const tooLate = new AbortController();
    try {
      await Promise.race([
        client.start(),
        sleep(HELLO_MS, undefined, { signal: tooLate.signal }).then(() => {
          throw new Error(`no greeting within ${HELLO_MS} ms`);
        }),
      ]);
    } catch (error) {
      await client.disconnect().catch(() => {});
      throw error ?? new Error('the socket closed before Slack greeted it');
    } finally {
      tooLate.abort();
    }
  }
}
