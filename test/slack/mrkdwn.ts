import type { JsonObject } from './model.ts';

/** One piece of formatted text. Everything in it is text, never markup. */
export type MrkdwnNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'quote'; readonly children: readonly MrkdwnNode[] }
  | { readonly kind: 'code' | 'preformatted'; readonly text: string }
  | { readonly kind: 'link'; readonly url: string; readonly text: string }
  | { readonly kind: 'user' | 'usergroup' | 'channel'; readonly id: string; readonly source: string }
  | { readonly kind: 'broadcast'; readonly range: string; readonly source: string }
  | { readonly kind: 'date'; readonly epochSeconds: number; readonly format: string; readonly fallback: string }
  | { readonly kind: 'emoji'; readonly name: string };

/** Slack decodes these three and no others. */
export const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const plain = (text: string): MrkdwnNode => ({ kind: 'text', text: unescapeText(text) });

/** `<…>` without its angle brackets. An unknown sequence stays what it is: text. */
function sequence(inside: string): MrkdwnNode | undefined {
  const source = `<${inside}>`;
  const [target = '', ...labels] = inside.split('|');
  const label = labels.join('|');
  const id = target.slice(1);
  if (/^@[UW][A-Z0-9]*$/.test(target)) return { kind: 'user', id, source };
  if (/^#[CDG][A-Z0-9]*$/.test(target)) return { kind: 'channel', id, source };
  if (/^!subteam\^S[A-Z0-9]*$/.test(target)) return { kind: 'usergroup', id: target.slice('!subteam^'.length), source };
  if (/^!(here|channel|everyone|group)$/.test(target)) return { kind: 'broadcast', range: id, source };
  const date = /^!date\^(\d+)\^([^^]*)(\^.*)?$/.exec(target);
  if (date)
    return { kind: 'date', epochSeconds: Number(date[1]), format: date[2] ?? '', fallback: unescapeText(label) };
  if (/^(https?:\/\/|mailto:|tel:)/i.test(target))
    return { kind: 'link', url: unescapeText(target), text: unescapeText(label === '' ? target : label) };
  return undefined;
}

type Rule = {
  readonly pattern: RegExp;
  readonly node: (match: RegExpExecArray, wordBefore: boolean) => MrkdwnNode | undefined;
};
const span = (mark: string): RegExp =>
  new RegExp(`\\${mark}(?=\\S)([^\\${mark}\\n]*[^\\s\\${mark}])\\${mark}(?![A-Za-z0-9])`, 'y');
const styled = (kind: 'bold' | 'italic' | 'strike', mark: string): Rule => ({
  pattern: span(mark),
  node: ([, inside = ''], wordBefore) => (wordBefore ? undefined : { kind, children: inline(inside) }),
});
const RULES: readonly Rule[] = [
  {
    pattern: /```\n?([\s\S]*?)\n?```/y,
    node: ([, inside = '']) => ({ kind: 'preformatted', text: unescapeText(inside) }),
  },
  { pattern: /`([^`\n]+)`/y, node: ([, inside = '']) => ({ kind: 'code', text: unescapeText(inside) }) },
  { pattern: /<([^<>\n]+)>/y, node: ([, inside = '']) => sequence(inside) },
  styled('bold', '*'),
  styled('italic', '_'),
  styled('strike', '~'),
  {
    pattern: /:([a-z0-9_+-]+):/y,
    node: ([, name = ''], wordBefore) => (wordBefore ? undefined : { kind: 'emoji', name }),
  },
];

function inline(text: string): MrkdwnNode[] {
  const nodes: MrkdwnNode[] = [];
  let pending = '';
  for (let at = 0; at < text.length; ) {
    const wordBefore = at > 0 && /[A-Za-z0-9]/.test(text[at - 1] ?? '');
    let taken = 0;
    for (const { pattern, node } of RULES) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      const found = match ? node(match, wordBefore) : undefined;
      if (!match || !found) continue;
      if (pending !== '') nodes.push(plain(pending));
      pending = '';
      nodes.push(found);
      taken = match[0].length;
      break;
    }
    if (taken === 0) pending += text[at];
    at += Math.max(taken, 1);
  }
  if (pending !== '') nodes.push(plain(pending));
  return nodes;
}

/** Reads Slack's mrkdwn: marks, quotes, code, links, mentions, dates, emoji. Source of the rules: docs.slack.dev, "Formatting message text". */
export function parseMrkdwn(text: string): MrkdwnNode[] {
  const nodes: MrkdwnNode[] = [];
  // Quotes are lines that begin with an escaped or a bare `>`; code blocks hide them.
  for (const [index, part] of text.split(/(```[\s\S]*?```)/).entries()) {
    if (index % 2 === 1) {
      nodes.push(...inline(part));
      continue;
    }
    for (const piece of part.split(/((?:^|(?<=\n))(?:&gt;|>) ?[^\n]*\n?)/)) {
      const quote = /^(?:&gt;|>) ?([^\n]*)\n?$/.exec(piece);
      if (quote) nodes.push({ kind: 'quote', children: inline(quote[1] ?? '') });
      else if (piece !== '') nodes.push(...inline(piece));
    }
  }
  return nodes;
}

/** The mentions in it, code spans excepted, since those ping nobody. */
export function mentionsIn(
  nodes: readonly MrkdwnNode[],
): Extract<MrkdwnNode, { source: string; kind: 'user' | 'usergroup' | 'channel' | 'broadcast' }>[] {
  return nodes.flatMap((node) => {
    if ('children' in node) return mentionsIn(node.children);
    return node.kind === 'user' || node.kind === 'usergroup' || node.kind === 'channel' || node.kind === 'broadcast'
      ? [node]
      : [];
  });
}

/** Every mrkdwn text and every rich-text mention in a tree of blocks, as mrkdwn. */
export function mrkdwnTextsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnTextsIn);
  if (typeof value !== 'object' || value === null) return [];
  const object = value as JsonObject;
  if (object.type === 'mrkdwn') return typeof object.text === 'string' ? [object.text] : [];
  if (object.type === 'user') return [`<@${String(object.user_id)}>`];
  if (object.type === 'usergroup') return [`<!subteam^${String(object.usergroup_id)}>`];
  if (object.type === 'broadcast') return [`<!${String(object.range)}>`];
  return Object.values(object).flatMap(mrkdwnTextsIn);
}
