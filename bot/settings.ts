/** What one installation of the bot is told. Tokens are not among it: they go to the Slack client and nowhere else. */
export type BotSettings = {
  /** Where promotions are announced: a channel's id (`C0123ABC`), or its name, which is looked up at each start. */
  readonly channel: string;
  /** The slash command, with its slash. Default `/mesh`. */
  readonly command: string;
  /** Where the board is served; messages link to it. */
  readonly boardUrl: string | undefined;
  /** `https://git.example/mesh/blob/{revision}/{file}#L{line}`: findings link to their place. */
  readonly sourceUrl: string | undefined;
  readonly timing: BotTiming;
};

export type BotTiming = {
  /** Least time between two edits of one message. Default 3 s: `chat.update` allows about 50 a minute. */
  readonly editEveryMs: number;
  /** How often the log is followed and messages are compared with the records. Default 1 s. */
  readonly tickMs: number;
  /** For how long a replica has a piece of work to itself; longer than a call to Slack may take. Default 15 s. */
  readonly leaseMs: number;
  /** A call to Slack is given up after that. Default 5 s. */
  readonly callMs: number;
  /** After a lost answer: how long Slack may still be at it before we look whether it posted. Default 2 s. */
  readonly graceMs: number;
  /** First pause after a failure; doubles up to a minute. Default 1 s. */
  readonly backoffMs: number;
  /** Least time in which the same click by the same person is the same click. Default 10 s. */
  readonly doubleClickMs: number;
  /** While people wait for acknowledgements, what others asked for waits so long, and is then done one by one. Default 1 s. */
  readonly acksFirstMs: number;
};

export const DEFAULT_TIMING: BotTiming = {
  editEveryMs: 3_000,
  tickMs: 1_000,
  leaseMs: 15_000,
  callMs: 5_000,
  graceMs: 2_000,
  backoffMs: 1_000,
  doubleClickMs: 10_000,
  acksFirstMs: 1_000,
};
