import type { KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types';
import { line, more, truncate } from './escape.ts';

/** Slack's limits (docs.slack.dev/reference/block-kit). What is longer is refused as a whole with `invalid_blocks`. */
export const LIMITS = {
  blocksOfMessage: 50,
  blocksOfView: 100,
  /** Of all blocks of a message together. Undocumented; refused from about 12,000 on (slackapi/bolt-js#2509). */
  textOfMessage: 11_000,
  section: 3_000,
  header: 150,
  contextElements: 10,
  actions: 25,
  buttonText: 75,
  buttonValue: 2_000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  modalTitle: 24,
  privateMetadata: 3_000,
  /** Of a message's `text`; documented as 40,000, and 4,000 are recommended. */
  fallback: 3_000,
} as const;

/** `verbatim`: Slack makes no links, channels or people out of words. */
export const mrkdwn = (text: string): MrkdwnElement => ({ type: 'mrkdwn', text, verbatim: true });
export const plain = (text: string, limit: number): PlainTextElement => ({
  type: 'plain_text',
  text: line(text, limit),
  emoji: false,
});

export const header = (text: string): KnownBlock => ({ type: 'header', text: plain(text, LIMITS.header) });
export const context = (texts: readonly string[]): KnownBlock => ({
  type: 'context',
  elements: texts.slice(0, LIMITS.contextElements).map((text) => mrkdwn(text)),
});
export const section = (text: string): KnownBlock => ({ type: 'section', text: mrkdwn(text) });

/**
 * Lines of mrkdwn, each of them already escaped, in as few sections as they need; what does not fit into `sections` of them is counted.
 * A single line that is too long was not cut where it was made: it is left out and counted too, as half an entity must not be shown.
 */
export function sections(
  lines: readonly string[],
  limits: { readonly sections: number; readonly noun: string },
): KnownBlock[] {
  const room = LIMITS.section - 60;
  const texts: string[] = [];
  let current: string[] = [];
  let length = 0;
  let left = 0;
  for (const text of lines) {
    if (text.length > room) {
      left += 1;
      continue;
    }
    if (length + text.length + 1 > room) {
      texts.push(current.join('\n'));
      current = [];
      length = 0;
    }
    if (texts.length >= limits.sections) {
      left += 1;
      continue;
    }
    current.push(text);
    length += text.length + 1;
  }
  if (current.length > 0) texts.push(current.join('\n'));
  const note = left > 0 ? `… ${more(left, limits.noun)}` : undefined;
  if (note === undefined) return texts.map(section);
  if (texts.length === 0) return [section(note)];
  return texts.map((text, index) => section(index === texts.length - 1 ? `${text}\n${note}` : text));
}

/**
 * The last line of defence: never more blocks, nor more text in all, than Slack takes. What goes is counted; buttons and the last block
 * stay, as people must be able to act on what they cannot read whole.
 */
export function capBlocks(
  blocks: readonly KnownBlock[],
  limit: number,
  textLimit: number = LIMITS.textOfMessage,
): KnownBlock[] {
  const keeps = (block: KnownBlock, index: number): boolean => block.type === 'actions' || index === blocks.length - 1;
  let places = limit - 1 - blocks.filter(keeps).length;
  let room = textLimit - 100 - blocks.filter(keeps).reduce((sum, block) => sum + textLength(block), 0);
  let left = 0;
  const kept: KnownBlock[] = [];
  for (const [index, block] of blocks.entries()) {
    const length = keeps(block, index) ? 0 : textLength(block);
    // What comes after a gap would read as if there were none.
    const fits = keeps(block, index) || (left === 0 && places > 0 && length <= room);
    if (!fits) {
      left += 1;
      continue;
    }
    if (!keeps(block, index)) {
      places -= 1;
      room -= length;
    }
    kept.push(block);
  }
  if (left === 0) return kept;
  const note = context([`… ${more(left, 'part')}, not shown here`]);
  const at = kept.findIndex((block) => block.type === 'actions' || block === blocks.at(-1));
  return [...kept.slice(0, at), note, ...kept.slice(at)];
}

/** All text in a block, as Slack counts it. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + textLength(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, each]) => sum + (name === 'text' && typeof each === 'string' ? each.length : textLength(each)),
    0,
  );
}

/** The words of a message for notifications and screen readers: text, never markup (`mrkdwn: false`). */
export const fallback = (text: string): string =>
  truncate(
    line(text, LIMITS.fallback).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    LIMITS.fallback,
  );
