import type { Change } from '../../api/types/events.ts';

/** Something that the server can be asked for, and which changes make what it said old. */
export type Read<T> = {
  /** The same key is the same question: it is asked once, however many parts of the page want the answer. */
  readonly key: string;
  readonly load: () => Promise<T>;
  readonly isTouchedBy: (change: Change) => boolean;
  /** Least time between two fetches, however much happens; default 250 ms. */
  readonly restMs?: number;
};
