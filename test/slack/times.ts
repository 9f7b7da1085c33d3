/** How long Slack waits for what, in milliseconds. A test that cannot wait hands in shorter ones. */
export type SlackTimes = {
  /** For an acknowledgement of an envelope or a request. */
  readonly ackMs: number;
  /** Before an event that nobody acknowledged is sent again: at once, after a minute, after five. */
  readonly redeliverAfterMs: readonly number[];
  readonly triggerMs: number;
  readonly responseUrlMs: number;
  /** Between two pings of a socket. */
  readonly pingMs: number;
};

// Sources: docs.slack.dev, "Handling user interaction", "Events API: retries" and "Modals: trigger_id".
export const SLACK_TIMES: SlackTimes = {
  ackMs: 3_000,
  redeliverAfterMs: [0, 60_000, 300_000],
  triggerMs: 3_000,
  responseUrlMs: 30 * 60_000,
  pingMs: 5_000,
};
