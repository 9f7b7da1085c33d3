import type { ConversationEntry } from '../conversation.ts';

const KEPT_ENTRIES = 20_000;
const KEPT_NAMES = 1_000;

/** The conversation so far, its newest part at least: bounded, whatever a peer sends. */
export class ConversationLog {
  #entries: ConversationEntry[] = [];

  add(entry: ConversationEntry): ConversationEntry {
    const bounded =
      'resourceNames' in entry && entry.resourceNames.length > KEPT_NAMES
        ? {
            ...entry,
            resourceNames: [
              ...entry.resourceNames.slice(0, KEPT_NAMES),
              `… and ${entry.resourceNames.length - KEPT_NAMES} more`,
            ],
          }
        : entry;
    this.#entries.push(bounded);
    if (this.#entries.length > 2 * KEPT_ENTRIES) this.#entries = this.#entries.slice(-KEPT_ENTRIES);
    return bounded;
  }

  entries(): readonly ConversationEntry[] {
    return this.#entries.slice(-KEPT_ENTRIES);
  }
}
