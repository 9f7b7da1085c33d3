import type { KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types';
import { line, more, truncate } from './escape.ts';

/** Slack's limits (docs.slack.dev/reference/block-kit). What is longer is refused as a whole with `invalid_blocks`. */
export const LIMITS = {
  blocksOfMessage: 50,
  blocksOfView: 100,
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

/** The last line of defence: a message never has more blocks than Slack takes. */
export function capBlocks(blocks: readonly KnownBlock[], limit: number): KnownBlock[] {
  if (blocks.length <= limit) return [...blocks];
  return [...blocks.slice(0, limit - 1), context([`… ${more(blocks.length - limit + 1, 'block')}`])];
}

/** The words of a message for notifications and screen readers: text, never markup (`mrkdwn: false`). */
export const fallback = (text: string): string =>
  truncate(
    line(text, LIMITS.fallback).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    LIMITS.fallback,
  );
