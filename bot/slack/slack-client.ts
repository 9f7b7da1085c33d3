import type { Logger } from '@slack/bolt';
import { LogLevel } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import type { Log } from '../log.ts';

export type SlackClientOptions = {
  /** With a slash at its end. Default: Slack's own. */
  readonly apiUrl: string | undefined;
  readonly callMs: number;
  readonly log: Log;
};

/**
 * A client that neither retries nor waits: the record decides what is still worth saying when Slack is back, and a call that a library
 * repeats half an hour later would say what no longer holds.
 */
export const slackClient = (token: string, { apiUrl, callMs, log }: SlackClientOptions): WebClient =>
  new WebClient(token, {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: callMs,
    logger: boltLogger(log),
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  });

/** Warnings and errors of the Slack libraries go to the bot's log, without secrets; what is below would hold whole messages. */
export function boltLogger(log: Log): Logger {
  const words = (parts: readonly unknown[]): string =>
    parts
      .map((part) => (part instanceof Error ? part.message : typeof part === 'string' ? part : JSON.stringify(part)))
      .join(' ');
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log('warn', words(parts)),
    error: (...parts) => log('error', words(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
