/**
 * Text from outside in Slack's mrkdwn. Configs, reasons, Envoys and git authors write what they like; none of it may ping, link or
 * format. Slack's rule (docs.slack.dev, "Formatting message text"): `&`, `<` and `>` are escaped; inside code nothing else is markup.
 */
export const escapeEntities = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

// Control characters, and those that turn the direction of what stands beside them or show nothing at all: one can hide words with them.
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Line ends as `\n`, no control characters, no halves of surrogate pairs (JSON carries them and Slack refuses them). */
export const visible = (text: string): string =>
  text.replaceAll(/\r\n?/g, '\n').replaceAll('\t', '    ').replaceAll(INVISIBLE, '').toWellFormed();

/** Cuts at a whole character and says that something is missing. Counts UTF-16 code units, as Slack's limits do at their strictest. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, Math.max(0, limit - 1)).replace(/[\ud800-\udbff]$/, '');
  return `${cut}…`;
}

/** A short value in a line of mrkdwn, shown as it is. `limit` counts what Slack counts: the escaped text. */
export function code(text: string, limit = 300): string {
  const line = visible(text).replaceAll(/\s+/g, ' ').replaceAll('`', 'ˋ').trim();
  return line === '' ? '`(nothing)`' : `\`${escapeWithin(line, limit)}\``;
}

/** Many lines that keep their shape; no content can end the block. */
export function codeBlock(text: string, limit = 2_800): string {
  const body = visible(text).replaceAll('`', 'ˋ').trimEnd();
  return `\`\`\`\n${body === '' ? '(nothing)' : cutLines(body, limit)}\n\`\`\``;
}

/** For `plain_text` objects, where Slack parses nothing but emoji, which are switched off beside it. */
export const line = (text: string, limit: number): string =>
  truncate(visible(text).replaceAll(/\s+/g, ' ').trim() || '(nothing)', limit);

/** Escapes as much as fits: an entity is never cut in half. */
function escapeWithin(text: string, limit: number): string {
  const whole = escapeEntities(text);
  if (whole.length <= limit) return whole;
  let kept = '';
  for (const character of text) {
    const escaped = escapeEntities(character);
    if (kept.length + escaped.length > limit - 1) break;
    kept += escaped;
  }
  return `${kept}…`;
}

function cutLines(text: string, limit: number): string {
  const lines = text.split('\n');
  const kept: string[] = [];
  let length = 0;
  const room = limit - '… 1000000 more lines\n'.length;
  for (const [index, raw] of lines.entries()) {
    const escaped = escapeWithin(raw, room);
    if (length + escaped.length + 1 > room) return [...kept, `… ${more(lines.length - index, 'line')}`].join('\n');
    kept.push(escaped);
    length += escaped.length + 1;
  }
  return kept.join('\n');
}

/** `3 more lines`. */
export const more = (count: number, noun: string): string => `${count} more ${noun}${count === 1 ? '' : 's'}`;
