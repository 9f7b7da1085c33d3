import type { RenderedMessage } from '../render/live-message.ts';

/** What one message is to say now. */
export type Said = {
  /** Finds the message again. */
  readonly key: string;
  /** Never goes back: an older state is not shown after a newer one. */
  readonly version: number;
  readonly isEnded: boolean;
  /** Where the bot may not speak, it says it in its own channel instead. */
  readonly mayMove: boolean;
  readonly render: () => Promise<RenderedMessage>;
};
